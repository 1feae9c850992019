import Bytes
import Graphs

/// Soft bags of frames of image and sound (Miech, Laptev and Sivic 2017; specs: miha2018 §8.12).
struct SoftDbofModelLF: VideoModel {
  let name = "SoftDbofModelLF"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    try build.lateFusedBags(videos, for: name, image: build.softBag, sound: build.softBag)
  }
}

/// The same with the image's bag gated (specs: miha2018 §8.13).
struct GatedDbofModelLF: VideoModel {
  let name = "GatedDbofModelLF"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    try build.lateFusedBags(videos, for: name, image: build.gatedBag, sound: build.softBag)
  }
}

/// Bags of activations instead of shares, means and largest (specs: willow_boliu §1.1).
///
/// In the reference it cannot be built, and leaves its activations as they are; here they are rectified or gated, as
/// `dbof_activation` says.
struct DbofModelLF: VideoModel {
  let name = "DbofModelLF"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    try build.lateFusedBags(videos, for: name, image: build.bag, sound: build.bag)
  }
}

extension ModelBuilder {
  /// What the models above have in common.
  fileprivate func lateFusedBags(
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
