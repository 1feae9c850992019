import Graphs
import Tensors

extension ModelBuilder {
  /// Normalizes the last axis as `slim.batch_norm` does with center and scale: variables `beta`, `gamma`,
  /// `moving_mean`, `moving_variance` under `name` (specs: miha2018 §8.1).
  ///
  /// Of two axes it is one fused operator, which feeds the unbiased variance to the moving one; of three, or if
  /// it shall not be fused, the biased one counts, as in the reference, and statistics include padding.
  package func batchNorm(
    _ x: GraphTensor, _ name: String, epsilon: Float = 0.001, decay: Float = 0.999, isFused: Bool = true
  ) throws -> GraphTensor {
    try variables(in: name) {
      let width = [x.width]
      let beta = try variable("beta", width, .constant(0), isOfLayer: true)
      let gamma = try variable("gamma", width, .constant(1), isOfLayer: true)
      let mean = try variable("moving_mean", width, .constant(0), isTrained: false, isOfLayer: true)
      let variance = try variable("moving_variance", width, .constant(1), isTrained: false, isOfLayer: true)
      if x.rank == 2 && isFused {
        let wide = try graph.expandDims(graph.expandDims(x, axis: 1), axis: 1)
        let result = try graph.fusedBatchNorm(
          wide, scale: gamma.value, offset: beta.value,
          statistics: isTraining ? nil : (mean.value, variance.value), epsilon: epsilon)
        try track(mean, result.mean, decay: decay)
        try track(variance, result.variance, decay: decay)
        return try graph.reshape(result.y, x.dimensions)
      }
      var (center, spread) = (mean.value, variance.value)
      if isTraining {
        (center, spread) = try graph.moments(x, Array(0..<(x.rank - 1)))
        try track(mean, center, decay: decay)
        try track(variance, spread, decay: decay)
      }
      let factor = try graph.multiply(graph.rsqrt(graph.add(spread, epsilon)), gamma.value)
      return try graph.add(
        graph.multiply(x, factor), graph.subtract(beta.value, graph.multiply(center, factor)))
    }
  }
}
