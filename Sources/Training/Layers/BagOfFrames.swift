import Bytes
import Graphs

/// Deep bags of frames: how much of a video is in each cluster (specs: miha2018 §8.12, §8.13, willow_boliu §1.1).
extension ModelBuilder {
  /// The sums of soft shares, `[videos, clusters]`, and beside them the largest, if the flags say so.
  func softBag(_ stream: FrameStream, _ clusterCount: Int) throws -> GraphTensor {
    let shares = try softAssignment(stream, clusterCount, isNormalized: flags.dbofAddBatchNorm).shares
    let sums = try graph.l2Normalize(graph.sum(shares, [1]), axis: 1)
    guard flags.softdbofMaxpool else { return sums }
    return try graph.concat([sums, graph.l2Normalize(graph.largest(shares, [1]), axis: 1)], axis: 1)
  }

  /// The sums of soft shares, gated by the largest, `[videos, clusters]`.
  func gatedBag(_ stream: FrameStream, _ clusterCount: Int) throws -> GraphTensor {
    let width = stream.width
    let shares = try softAssignment(stream, clusterCount, isNormalized: flags.dbofAddBatchNorm).shares
    let peaks = try graph.l2Normalize(graph.largest(shares, [1]), axis: 1)
    let narrow = try matrix("dim_red", clusterCount, width, deviation: inverseRoot(width))
    let wide = try matrix("cluster_weights_2", width, clusterCount, deviation: inverseRoot(width))
    let activations = try product(product(peaks, narrow), wide)
    let gates =
      try flags.dbofAddBatchNorm
      ? batchNorm(activations, "cluster_bn_2")
      : addBiases(activations, "cluster_biases_2", deviation: inverseRoot(width))
    return try graph.l2Normalize(graph.multiply(graph.sigmoid(gates), graph.sum(shares, [1])), axis: 1)
  }

  /// Rectified and cut off at 6, or sigmoids, as `dbof_activation` says.
  func activated(_ activations: GraphTensor) throws -> GraphTensor {
    try flags.dbofActivation == "sigmoid" ? graph.sigmoid(activations) : graph.relu6(activations)
  }

  /// The means and the largest of activations that are not shares, `[videos, 2 * clusters]`, half as wide when one half
  /// of the clusters gates the other.
  func bag(_ stream: FrameStream, _ clusterCount: Int) throws -> GraphTensor {
    let weights = try matrix("cluster_weights", stream.width, clusterCount, deviation: inverseRoot(stream.width))
    var activations = try clusterActivations(stream.rows, weights, isNormalized: flags.dbofAddBatchNorm)
    if flags.dbofActivation == "glu" {
      guard clusterCount.isMultiple(of: 2) else {
        throw KernelError(
          .usage, "", "--dbof_activation glu needs an even number of clusters, not \(clusterCount)",
          hint: "--dbof_cluster_size: sound has an eighth of it")
      }
      let halves = try graph.split(activations, [clusterCount / 2, clusterCount / 2], axis: 1)
      activations = try graph.multiply(halves[0], graph.sigmoid(halves[1]))
    } else if flags.lineage != .tm {
      // There the reference computes what it does not use.
      activations = try activated(activations)
    }
    let frames = try graph.reshape(activations, [-1, stream.count, activations.width])
    return try graph.concat(
      [
        graph.l2Normalize(graph.mean(frames, [1]), axis: 1), graph.l2Normalize(graph.largest(frames, [1]), axis: 1),
      ],
      axis: 1)
  }
}
