import Graphs

/// One logistic regression a class on the mean of a video's frames (specs: miha2018 §8.3); in the lineage tm on the sum
/// of the drawn ones over the number of all (specs: tm_google §7.6).
///
/// Of videos without frames, of which the reference makes no numbers, the mean is zero.
struct FrameLevelLogisticModel: VideoModel {
  let name = "FrameLevelLogisticModel"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let graph = build.graph
    let counts = try graph.cast(graph.maximum(videos.frameCounts, graph.constant(1)), to: .float32)
    // Which the lineage tm divides by how many frames there are too.
    let frames = build.flags.lineage == .tm ? try build.sampledFrames(videos) : videos.features
    let sums = try graph.sum(frames, [1])
    let means = try graph.divide(sums, graph.expandDims(counts, axis: 1))
    return try build.logistic(means, videos.classCount)
  }
}
