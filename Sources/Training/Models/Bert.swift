import Graphs

/// Frames that attend to each other in the layers of a transformer (Devlin et al. 2018; specs: tm_google §7.3).
///
/// Training draws frames; all else sees all of them, and as in the reference padding is attended to.
struct Bert: VideoModel {
  let name = "Bert"
  let takesFrames = true
  let usualLineage = Lineage.tm

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let frames = try build.attendedFrames(videos)
    let encoded = try build.transformer(
      build.placed(frames, "preprocess"), layers: build.flags.bertHiddenLayer, "encoder")
    return try build.classify(build.pooled(encoded), videos.classCount)
  }
}
