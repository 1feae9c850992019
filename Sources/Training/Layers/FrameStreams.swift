import Bytes
import Graphs

/// Frames of one feature, all videos' together.
struct FrameStream {
  /// `[videos * count, width]`
  let rows: GraphTensor
  /// How many of a video.
  let count: Int

  var width: Int { rows.width }

  /// `[videos, count, width]`
  func byVideo(_ graph: GraphBuilder) throws -> GraphTensor { try graph.reshape(rows, [-1, count, width]) }
}

extension ModelBuilder {
  /// Sampled frames of image and sound apart, normalized together first.
  func sampledStreams(_ videos: ModelInput, for model: String, isNormalized: Bool) throws
    -> (image: FrameStream, sound: FrameStream)
  {
    let sizes = try videos.imageAndSound(for: model)
    var rows = try graph.reshape(sampledFrames(videos), [-1, videos.features.width])
    if isNormalized { rows = try batchNorm(rows, "input_bn") }
    let parts = try graph.split(rows, [sizes.image, sizes.sound], axis: 1)
    return (
      FrameStream(rows: parts[0], count: flags.iterations), FrameStream(rows: parts[1], count: flags.iterations)
    )
  }

  /// How clearly each frame belongs to each cluster: `rows W`, normalized or with biases, `[rows, clusters]`.
  func clusterActivations(_ rows: GraphTensor, _ weights: BuiltVariable, isNormalized: Bool) throws -> GraphTensor {
    let activations = try product(rows, weights)
    return try isNormalized
      ? batchNorm(activations, "cluster_bn")
      : addBiases(activations, "cluster_biases", deviation: inverseRoot(rows.width))
  }
}

/// Frames that belong to clusters in parts.
struct SoftAssignment {
  /// Of each frame to each cluster, `[videos, count, clusters]`.
  let shares: GraphTensor
  /// `[width, clusters]`
  let weights: BuiltVariable

  var clusterCount: Int { shares.width }

  /// How many frames each cluster has, `[videos, 1, clusters]`.
  func sizes(_ graph: GraphBuilder) throws -> GraphTensor { try graph.sum(shares, [1], keepDims: true) }

  /// The sums of what frames have, by cluster: `[videos, width, clusters]` of `[videos, count, width]`.
  func sums(of frames: GraphTensor, _ graph: GraphBuilder) throws -> GraphTensor {
    try graph.batchMatMul(frames, shares, turnA: true)
  }
}

extension ModelBuilder {
  /// Shares of the frames by softmax: variables `cluster_weights`, under the scope `scope`, and `cluster_bn`.
  func softAssignment(
    _ stream: FrameStream, _ clusterCount: Int, isNormalized: Bool, weightsIn scope: String = ""
  ) throws -> SoftAssignment {
    let weights = try variables(in: scope) {
      try matrix("cluster_weights", stream.width, clusterCount, deviation: inverseRoot(stream.width))
    }
    let activations = try clusterActivations(stream.rows, weights, isNormalized: isNormalized)
    let shares = try graph.reshape(graph.softmax(activations), [-1, stream.count, clusterCount])
    return SoftAssignment(shares: shares, weights: weights)
  }
}

extension GraphBuilder {
  /// `[videos, width, clusters]`, scaled to length 1 in each cluster if wanted, as vectors `[videos, width * clusters]`
  /// of length 1.
  func normalizedClusters(_ x: GraphTensor, each: Bool = true) throws -> GraphTensor {
    let scaled = each ? try l2Normalize(x, axis: 1) : x
    return try l2Normalize(reshape(scaled, [-1, x.dimensions[1] * x.dimensions[2]]), axis: 1)
  }
}
