import Bytes
import Graphs

/// A deep bag of frames: clusters, the largest or mean of each over the frames, one more layer (Abu-El-Haija et al. 2016;
/// specs: miha2018 §8.4; with sigmoids, as in Google's starter code of 2019, tm_google §7).
struct DbofModel: VideoModel {
  let name = "DbofModel"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let (graph, flags) = (build.graph, build.flags)
    guard flags.dbofActivation != "glu" else {
      throw KernelError(
        .usage, "", "--dbof_activation glu is not for \(name)", hint: "relu, sigmoid, or --model=DbofModelLF")
    }
    let (width, clusterCount) = (videos.features.width, flags.dbofClusterSize)
    let isNormalized = flags.dbofAddBatchNorm
    var rows = try graph.reshape(build.sampledFrames(videos), [-1, width])
    if isNormalized { rows = try build.batchNorm(rows, "input_bn") }
    let weights = try build.matrix("cluster_weights", width, clusterCount, deviation: inverseRoot(width))
    let activations = try build.activated(
      build.clusterActivations(rows, weights, isNormalized: isNormalized))
    let frames = try graph.reshape(activations, [-1, flags.iterations, clusterCount])
    let pooled = try flags.dbofPoolingMethod == "max" ? graph.largest(frames, [1]) : graph.mean(frames, [1])
    let hidden = try build.product(
      pooled,
      build.matrix(
        "hidden1_weights", clusterCount, flags.dbofHiddenSize, deviation: inverseRoot(clusterCount)))
    let shifted =
      try isNormalized
      ? build.batchNorm(hidden, "hidden1_bn") : build.addBiases(hidden, "hidden1_biases", deviation: 0.01)
    return try build.classify(build.activated(shifted), videos.classCount)
  }
}
