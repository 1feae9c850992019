import Graphs

/// Fisher vectors of image and sound (Miech, Laptev and Sivic 2017; specs: miha2018 §8.11).
struct NetFVModelLF: VideoModel {
  let name = "NetFVModelLF"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let flags = build.flags
    let clusterCount = flags.fvClusterSize
    let isNormalized = flags.netvladAddBatchNorm
    let streams = try build.sampledStreams(videos, for: name, isNormalized: isNormalized)
    let parts = try [
      build.variables(in: "video_FV") {
        try build.fisherVector(streams.image, clusterCount, isNormalized: isNormalized)
      },
      build.variables(in: "audio_FV") {
        try build.fisherVector(streams.sound, clusterCount / 2, isNormalized: isNormalized)
      },
    ]
    var description = try build.hiddenLayer(
      build.graph.concat(parts, axis: 1), flags.fvHiddenSize, deviation: inverseRoot(clusterCount),
      isRectified: flags.fvRelu, isNormalized: isNormalized)
    if flags.gating { description = try build.contextGate(description, isNormalized: isNormalized) }
    return try build.classify(description, videos.classCount)
  }
}
