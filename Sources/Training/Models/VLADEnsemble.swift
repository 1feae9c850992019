import Bytes
import Graphs

/// The tenth place's variant of NetVLAD, one or several in one graph (specs: willow_boliu §4.1, §4.3).
///
/// The first model is under the lineage's scope, the others under `model1`, `model2`, …; each draws its own frames.
struct VLADEnsemble {
  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let flags = build.flags
    let count = flags.ensembleNum
    for (flag, given) in [
      ("netvlad_cluster_size", flags.netvladClusterSize.count),
      ("netvlad_hidden_size", flags.netvladHiddenSize.count),
      ("ensemble_wts", flags.ensembleWts.count),
    ] where given != count {
      throw KernelError(
        .usage, "", "--\(flag) is given \(given) times for \(count) model\(count == 1 ? "" : "s")",
        hint: "--ensemble_num tells how many models there are")
    }
    let all = try (0..<count).map { number in
      try build.variables(in: number == 0 ? "" : "model\(number)") {
        try model(videos, number, build)
      }
    }
    if count == 1 { return all[0] }
    let weighted = try zip(all, flags.ensembleWts).map { try build.graph.multiply($0, Float($1)) }
    return try weighted.dropFirst().reduce(weighted[0]) { try build.graph.add($0, $1) }
  }

  private func model(_ videos: ModelInput, _ number: Int, _ build: ModelBuilder) throws -> GraphTensor {
    let (graph, flags) = (build.graph, build.flags)
    let (clusterCount, width) = (flags.netvladClusterSize[number], flags.netvladHiddenSize[number])
    let isNormalized = flags.netvladAddBatchNorm
    // The reference's other kinds of descriptors have no scopes of their own.
    let isCentred = flags.vladVariant == .centred
    let scopes = isCentred ? (weights: "conv2", centres: "cluster_weights2") : ("", "")
    let streams = try build.sampledStreams(videos, for: "NetVLADModelLF", isNormalized: false)
    let parts = try [("video_VLAD", streams.image, clusterCount), ("audio_VLAD", streams.sound, clusterCount / 2)]
      .map { scope, stream, clusterCount in
        try build.variables(in: scope) {
          try build.vlad(stream, clusterCount, isNormalized: isNormalized, scopes: scopes)
        }
      }
    let vector = try graph.concat(parts, axis: 1)
    let first = try build.variables(in: "hidden1_weights") {
      try build.matrix(
        "hidden1_weights", vector.width, width, deviation: inverseRoot(vector.width), as: flags.storedWeights)
    }
    let activations = try build.product(vector, first)
    let shifted =
      try isNormalized
      ? build.batchNorm(activations, "hidden1_bn")
      : build.addBiases(activations, "hidden1_biases", deviation: 0.01)
    let second = try build.variables(in: "hidden2_weights") {
      try build.matrix("hidden2_weights", width, 2 * width, deviation: inverseRoot(width))
    }
    var description = try build.addBiases(
      build.product(graph.relu6(shifted), second), "hidden2_biases", deviation: 0.01)
    if flags.gating {
      description = try build.contextGate(
        description, weights: ("gating_weights", "gating_weights"), isNormalized: isNormalized)
    }
    return try build.classify(description, videos.classCount)
  }
}
