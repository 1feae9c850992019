import Bytes
import Graphs

/// Aggregated descriptors of image and sound (Miech, Laptev and Sivic 2017; specs: miha2018 §8.10, willow_boliu §1.3,
/// §4.1).
///
/// The lineages boliu and tm have a variant of their own, of which boliu can have several in one graph.
struct NetVLADModelLF: VideoModel {
  let name = "NetVLADModelLF"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let flags = build.flags
    if flags.lineage == .boliu || flags.lineage == .tm { return try VLADEnsemble().predictions(of: videos, build) }
    guard flags.netvladClusterSize.count == 1, flags.netvladHiddenSize.count == 1, flags.ensembleNum == 1 else {
      throw KernelError(.usage, "", "several models in one graph are of the lineage boliu only")
    }
    let clusterCount = flags.netvladClusterSize[0]
    let isNormalized = flags.netvladAddBatchNorm
    let streams = try build.sampledStreams(videos, for: name, isNormalized: isNormalized)
    let parts = try [
      build.variables(in: "video_VLAD") {
        try build.vlad(streams.image, clusterCount, isNormalized: isNormalized)
      },
      build.variables(in: "audio_VLAD") {
        try build.vlad(streams.sound, clusterCount / 2, isNormalized: isNormalized)
      },
    ]
    var description = try build.hiddenLayer(
      build.graph.concat(parts, axis: 1), flags.netvladHiddenSize[0], deviation: inverseRoot(clusterCount),
      isRectified: flags.netvladRelu, isNormalized: isNormalized)
    if flags.gating {
      description = try build.contextGate(
        description, removesDiagonal: flags.gatingRemoveDiag, isNormalized: isNormalized)
    }
    return try build.classify(description, videos.classCount)
  }
}
