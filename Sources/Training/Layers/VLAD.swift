import Graphs

/// How frames are told from their cluster's centre.
enum VLADVariant {
  /// Sums of frames minus centres.
  case centred
  /// Sums of frames.
  case light
  /// Sums of frames times learned gates.
  case gated
}

extension Hyperparameters {
  var vladVariant: VLADVariant { lightvlad ? .light : vlagd ? .gated : .centred }
}

extension ModelBuilder {
  /// A vector of locally aggregated descriptors with learned clusters, `[videos, width * clusters]` (Arandjelović et al.
  /// 2016; specs: miha2018 §8.10, willow_boliu §1.1, §4.1).
  ///
  /// - Parameter scopes: those of the weights and of the centres, which the boliu lineage puts deeper.
  func vlad(
    _ stream: FrameStream, _ clusterCount: Int, isNormalized: Bool,
    scopes: (weights: String, centres: String) = ("", "")
  ) throws -> GraphTensor {
    let assigned = try softAssignment(
      stream, clusterCount, isNormalized: isNormalized, weightsIn: scopes.weights)
    let sums = try assigned.sums(of: stream.byVideo(graph), graph)
    let deviation = inverseRoot(stream.width)
    switch flags.vladVariant {
    case .light: return try graph.normalizedClusters(sums)
    case .centred:
      let centres = try variables(in: scopes.centres) {
        try variable("cluster_weights2", [1, stream.width, clusterCount], .normal(mean: 0, deviation: deviation))
      }
      let expected = try graph.multiply(assigned.sizes(graph), centres.value)
      return try graph.normalizedClusters(graph.subtract(sums, expected))
    case .gated:
      let gates = try variable(
        "gate_weights", [1, clusterCount, stream.width], .normal(mean: 0, deviation: deviation))
      let turned = try graph.transpose(graph.sigmoid(gates.value), [0, 2, 1])
      return try graph.normalizedClusters(graph.multiply(sums, turned))
    }
  }
}
