import Graphs

/// Soft bags of frames of image and sound (Miech, Laptev and Sivic 2017; specs: miha2018 §8.12).
struct SoftDbofModelLF: VideoModel {
  let name = "SoftDbofModelLF"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    try build.lateFusedBags(videos, for: name, image: build.softBag, sound: build.softBag)
  }
}
