import Graphs

extension ModelBuilder {
  /// A Fisher vector with learned clusters: first and second order differences from their centres,
  /// `[videos, 2 * width * clusters]` (Perronnin and Dance 2007; specs: miha2018 §8.11, willow_boliu §1.2).
  func fisherVector(_ stream: FrameStream, _ clusterCount: Int, isNormalized: Bool) throws -> GraphTensor {
    let deviation = inverseRoot(stream.width)
    let extents = [stream.width, clusterCount]
    let assigned = try softAssignment(stream, clusterCount, isNormalized: isNormalized)
    let spread = try variable("covar_weights", extents, .normal(mean: 1, deviation: deviation))
    let variance = try graph.add(graph.square(spread.value), 1e-6)
    let centres =
      try flags.fvCoupleWeights
      ? graph.multiply(assigned.weights.value, Float(flags.fvCouplingFactor))
      : variable("cluster_weights2", [1] + extents, .normal(mean: 0, deviation: deviation)).value

    let frames = try stream.byVideo(graph)
    let sizes = try assigned.sizes(graph)
    let first = try assigned.sums(of: frames, graph)
    let second = try assigned.sums(of: graph.square(frames), graph)

    let difference = try graph.divide(graph.subtract(first, graph.multiply(sizes, centres)), variance)
    let squares = try graph.add(graph.multiply(sizes, graph.square(centres)), second)
    let moments = try graph.subtract(squares, graph.multiply(graph.multiply(first, centres), 2))
    let excess = try graph.subtract(graph.divide(moments, graph.square(variance)), sizes)
    // The reference scales the second part twice, but not by cluster.
    let scaled = try graph.l2Normalize(graph.normalizedClusters(excess, each: false), axis: 1)
    return try graph.concat([graph.normalizedClusters(difference), scaled], axis: 1)
  }
}
