import Graphs

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
