import Graphs

/// Bags of frames like those of ``SoftDbofModelLF``, with the image's bag gated (specs: miha2018 §8.13).
struct GatedDbofModelLF: VideoModel {
  let name = "GatedDbofModelLF"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    try build.lateFusedBags(videos, for: name, image: build.gatedBag, sound: build.softBag)
  }
}
