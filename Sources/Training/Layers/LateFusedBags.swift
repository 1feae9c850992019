import Bytes
import Graphs

extension ModelBuilder {
  /// What the models of soft, gated and other bags have in common: one bag of the image and one of sound, a layer
  /// over both, and the classifier.
  func lateFusedBags(
    _ videos: ModelInput, for model: String, image: (FrameStream, Int) throws -> GraphTensor,
    sound: (FrameStream, Int) throws -> GraphTensor
  ) throws -> GraphTensor {
    let clusterCount = flags.dbofClusterSize
    guard clusterCount >= 8 else {
      throw KernelError(
        .usage, "", "--dbof_cluster_size is \(clusterCount), but \(model) needs 8: sound has an eighth of it")
    }
    let streams = try sampledStreams(videos, for: model, isNormalized: flags.dbofAddBatchNorm)
    let bags = try [
      variables(in: "video_DBOF") { try image(streams.image, clusterCount) },
      variables(in: "audio_DBOF") { try sound(streams.sound, clusterCount / 8) },
    ]
    var description = try graph.concat(bags, axis: 1)
    if flags.fcDimred {
      description = try hiddenLayer(
        description, flags.dbofHiddenSize, deviation: inverseRoot(clusterCount), isRectified: flags.dbofRelu,
        isNormalized: flags.dbofAddBatchNorm)
    }
    return try classify(description, videos.classCount)
  }
}
