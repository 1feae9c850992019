import Graphs

/// A mixture of experts a class on a video's features (specs: miha2018 §8.2).
struct MoeModel: VideoModel {
  let name = "MoeModel"
  let takesFrames = false

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    try build.mixtureOfExperts(videos.features, videos.classCount)
  }
}
