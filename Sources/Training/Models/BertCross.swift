import Graphs

/// Frames of image and of sound that attend to their own kind first, and joined in a last layer to each other (specs:
/// tm_google §7.3).
///
/// With one layer, of which the reference makes nothing, there is just the last.
struct BertCross: VideoModel {
  let name = "BertCross"
  let takesFrames = true
  let usualLineage = Lineage.tm

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let graph = build.graph
    let sizes = try videos.imageAndSound(for: name)
    let streams = try graph.split(build.attendedFrames(videos), [sizes.image, sizes.sound], axis: 2)
    let apart = build.flags.bertHiddenLayer - 1
    func encoded(_ frames: GraphTensor, layers: Int, _ name: String) throws -> GraphTensor {
      try build.transformer(build.placed(frames, "\(name)_preprocess"), layers: layers, "\(name)_encoder")
    }
    let parts = try zip(streams, ["frame", "audio"]).map { try encoded($0, layers: apart, $1) }
    let joined = try encoded(graph.concat(parts, axis: 2), layers: 1, "all")
    return try build.classify(build.pooled(joined), videos.classCount)
  }
}
