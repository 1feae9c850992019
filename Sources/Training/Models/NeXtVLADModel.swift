import Graphs

/// One NeXtVLAD of image and sound (Lin, Xiao and Fan 2018; specs: tm_google §7.4).
struct NeXtVLADModel: VideoModel {
  let name = "NeXtVLADModel"
  let takesFrames = true
  let usualLineage = Lineage.tm

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let streams = try build.sampledStreams(videos, for: name, isNormalized: false)
    let description = try build.residualDescription(streams, scopes: ("video_VLAD", "audio_VLAD"))
    return try build.classify(description, videos.classCount)
  }
}
