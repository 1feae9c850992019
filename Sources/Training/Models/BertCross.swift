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
    let frames = try build.placed(build.attendedFrames(videos))
    let streams = try graph.split(frames, [sizes.image, sizes.sound], axis: 2)
    let apart = build.flags.bertHiddenLayer - 1
    let encoded = try zip(streams, ["frame_encoder", "audio_encoder"]).map {
      try build.transformer($0, layers: apart, $1)
    }
    let joined = try build.transformer(graph.concat(encoded, axis: 2), layers: 1, "all_encoder")
    return try build.classify(build.pooled(joined), videos.classCount)
  }
}
