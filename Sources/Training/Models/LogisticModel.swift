import Graphs

/// One logistic regression a class on a video's features (specs: miha2018 §8.2).
struct LogisticModel: VideoModel {
  let name = "LogisticModel"
  let takesFrames = false

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    try build.logistic(videos.features, videos.classCount)
  }
}
