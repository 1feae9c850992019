import Bytes
import Graphs
import Tensors

/// Aggregated residuals of groups of features (Lin, Xiao and Fan 2018; specs: tm_google §7.4).
extension ModelBuilder {
  /// Frames made wider, cut into groups of features that are assigned to clusters on their own, each as far as an
  /// attention lets it: `[videos, width * expansion / groups * clusters]`.
  ///
  /// As in the reference, padding and repeated frames count.
  func nextVLAD(_ stream: FrameStream, _ clusterCount: Int, groups: Int) throws -> GraphTensor {
    let width = stream.width * flags.expansion
    guard width.isMultiple(of: groups) else {
      throw KernelError(
        .usage, "", "--groups: \(width) features (\(stream.width) times --expansion) cannot be cut into \(groups)")
    }
    let rows = try fullyConnected(stream.rows, width, firstWeights: .scaled)
    let attention = try graph.sigmoid(fullyConnected(rows, groups, firstWeights: .scaled))
    let weights = try variable("cluster_weights", [width, groups * clusterCount], .scaled(fanIn: width))
    let activations = try batchNorm(product(rows, weights), "cluster_bn", isFused: false)
    let parts = stream.count * groups
    let shares = try graph.multiply(
      graph.softmax(graph.reshape(activations, [-1, parts, clusterCount])),
      graph.reshape(attention, [-1, parts, 1]))
    let assigned = SoftAssignment(shares: shares, weights: weights)
    let narrow = width / groups
    let centres = try variable("cluster_weights2", [1, narrow, clusterCount], .scaled(fanIn: narrow))
    let sums = try assigned.sums(of: graph.reshape(rows, [-1, parts, narrow]), graph)
    let residuals = try graph.subtract(sums, graph.multiply(assigned.sizes(graph), centres.value))
    let vector = try graph.reshape(graph.l2Normalize(residuals, axis: 1), [-1, narrow * clusterCount])
    return try batchNorm(vector, "vlad_bn", isFused: false)
  }

  /// What the classifier sees: the clusters of image and sound, `scopes` of variables, through a layer whose elements
  /// let each other through.
  func residualDescription(
    _ streams: (image: FrameStream, sound: FrameStream), scopes: (image: String, sound: String)
  ) throws -> GraphTensor {
    let (clusterCount, groups) = (flags.nextvladClusterSize, flags.groups)
    let parts = try [
      variables(in: scopes.image) { try nextVLAD(streams.image, clusterCount, groups: groups) },
      variables(in: scopes.sound) { try nextVLAD(streams.sound, clusterCount / 2, groups: groups / 2) },
    ]
    let vector = try dropout(graph.concat(parts, axis: 1), flags.dropRate)
    let width = flags.nextvladHiddenSize
    guard width >= flags.gatingReduction else {
      throw KernelError(
        .usage, "", "--gating_reduction is \(flags.gatingReduction), which leaves nothing of a layer of \(width)")
    }
    let hidden = try variable("hidden1_weights", [vector.width, width], .scaled(fanIn: vector.width))
    let activations = try batchNorm(product(vector, hidden), "hidden1_bn", isFused: false)
    let middle = width / flags.gatingReduction
    let narrow = try variable("gating_weights_1", [width, middle], .scaled(fanIn: width))
    let squeezed = try graph.unary("Relu", batchNorm(product(activations, narrow), "gating_bn"))
    let wide = try variable("gating_weights_2", [middle, width], .scaled(fanIn: middle))
    return try graph.multiply(activations, graph.sigmoid(product(squeezed, wide)))
  }
}
