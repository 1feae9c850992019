import Bytes
import Graphs
import Tensors

/// The blocks of BERT (Devlin et al. 2018; specs: tm_google §7.3).
extension ModelBuilder {
  /// Layers in which frames attend to each other, under `scope/layer_i`, `[videos, frames, width]`.
  func transformer(_ frames: GraphTensor, layers: Int, _ scope: String) throws -> GraphTensor {
    guard frames.width.isMultiple(of: flags.bertAttentionHeads) else {
      throw KernelError(
        .usage, "",
        "--bert_attention_heads is \(flags.bertAttentionHeads), which does not divide \(frames.width) features",
        hint: "each head attends with an equal part of them")
    }
    let rows = try (0..<layers).reduce(graph.reshape(frames, [-1, frames.width])) { rows, number in
      try variables(in: "\(scope)/layer_\(number)") { try transformerLayer(rows, frames: frames.dimensions[1]) }
    }
    return try graph.reshape(rows, frames.dimensions)
  }

  /// - Parameter rows: the frames of all videos, `[videos * frames, width]`.
  private func transformerLayer(_ rows: GraphTensor, frames: Int) throws -> GraphTensor {
    let width = rows.width
    let attended = try variables(in: "attention") {
      let context = try variables(in: "self") { try selfAttention(rows, frames: frames) }
      return try variables(in: "output") {
        try layerNorm(graph.add(dropout(dense(context, width, "dense"), flags.bertDropoutProb), rows))
      }
    }
    let middle = try variables(in: "intermediate") {
      try gelu(dense(attended, flags.bertIntermediateSize, "dense"))
    }
    return try variables(in: "output") {
      try layerNorm(graph.add(dropout(dense(middle, width, "dense"), flags.bertDropoutProb), attended))
    }
  }

  private func selfAttention(_ rows: GraphTensor, frames: Int) throws -> GraphTensor {
    let (width, heads) = (rows.width, flags.bertAttentionHeads)
    /// `[videos, heads, frames, width / heads]`
    func byHead(_ name: String) throws -> GraphTensor {
      let all = try graph.reshape(dense(rows, width, name), [-1, frames, heads, width / heads])
      return try graph.transpose(all, [0, 2, 1, 3])
    }
    let scores = try graph.multiply(
      graph.batchMatMul(byHead("query"), byHead("key"), turnB: true), inverseRoot(width / heads))
    let shares = try dropout(graph.softmax(scores), flags.bertDropoutProb)
    let context = try graph.batchMatMul(shares, byHead("value"))
    return try graph.reshape(graph.transpose(context, [0, 2, 1, 3]), [-1, width])
  }

  /// `x W + b` as `tf.layers.dense` builds it: variables `kernel` and `bias` under `name`.
  private func dense(_ x: GraphTensor, _ width: Int, _ name: String) throws -> GraphTensor {
    try variables(in: name) {
      let kernel = try variable(
        "kernel", [x.width, width], .truncatedNormal(mean: 0, deviation: Float(flags.bertInitializerRange)))
      return try graph.biasAdd(product(x, kernel), variable("bias", [width], .constant(0)).value)
    }
  }

  /// Gaussian error linear units, by the hyperbolic tangent (Hendrycks and Gimpel 2016).
  private func gelu(_ x: GraphTensor) throws -> GraphTensor {
    let cube = try graph.multiply(graph.multiply(x, x), x)
    let inner = try graph.multiply(graph.add(x, graph.multiply(cube, 0.044715)), (2 / Float.pi).squareRoot())
    let share = try graph.multiply(graph.add(graph.unary("Tanh", inner), 1), 0.5)
    return try graph.multiply(x, share)
  }

  /// Each row shifted and scaled to mean 0 and variance 1, as `layers.layer_norm`: variables `beta` and `gamma` under
  /// `LayerNorm` (Ba, Kiros and Hinton 2016).
  private func layerNorm(_ x: GraphTensor) throws -> GraphTensor {
    try variables(in: "LayerNorm") {
      let beta = try variable("beta", [x.width], .constant(0), isOfLayer: true)
      let gamma = try variable("gamma", [x.width], .constant(1), isOfLayer: true)
      let (mean, variance) = try graph.moments(x, [x.rank - 1], keepDims: true)
      let factor = try graph.multiply(graph.rsqrt(graph.add(variance, 1e-12)), gamma.value)
      return try graph.add(graph.multiply(x, factor), graph.subtract(beta.value, graph.multiply(mean, factor)))
    }
  }

  /// The frames that a transformer sees: drawn ones in training, unless the flags say no, and else all.
  func attendedFrames(_ videos: ModelInput) throws -> GraphTensor {
    let count = videos.features.dimensions[1]
    guard flags.poolingStrategy != "none" || flags.noSample || flags.iterations == count else {
      throw KernelError(
        .usage, "", "--pooling_strategy none needs --iterations \(count), the number of frames",
        hint: "the classifier has weights for each frame; --no_sample takes all of them too")
    }
    guard !flags.usePosition || count <= flags.bertMaxPositionEmbeddings else {
      throw KernelError(
        .usage, "",
        "--bert_max_position_embeddings is \(flags.bertMaxPositionEmbeddings), too few for \(count) frames",
        hint: "all of them are seen when the model is used")
    }
    return isTraining && !flags.noSample ? try sampledFrames(videos) : videos.features
  }

  /// Frames that know their places, if the flags say so: `scope/position_embeddings` are added, and the sums normalized.
  func placed(_ frames: GraphTensor, _ scope: String) throws -> GraphTensor {
    guard flags.usePosition else { return frames }
    guard flags.bertPosition else {
      throw KernelError(
        .usage, "", "--use_position alone tells no kind of places", hint: "--bert_position is the one there is")
    }
    let (count, places) = (frames.dimensions[1], flags.bertMaxPositionEmbeddings)
    return try variables(in: scope) {
      let table = try variable(
        "position_embeddings", [places, frames.width],
        .truncatedNormal(mean: 0, deviation: Float(flags.bertInitializerRange)))
      let sums = try graph.add(frames, graph.slice(table.value, axis: 0, 0..<count))
      return try dropout(layerNorm(sums), flags.bertDropoutProb)
    }
  }

  /// One description of each video, `[videos, width]`, or of all its frames side by side, as `pooling_strategy` says.
  func pooled(_ frames: GraphTensor) throws -> GraphTensor {
    let (count, width) = (frames.dimensions[1], frames.width)
    switch flags.poolingStrategy {
    case "first":
      // So named by the reference, which takes the last.
      return try graph.reshape(graph.slice(frames, axis: 1, count - 1..<count), [-1, width])
    case "attn":
      return try variables(in: "pooler") {
        let limit = (6 / Float(width + 1)).squareRoot()
        let query = try variable("query", [1, width, 1], .uniform(-limit..<limit)).value
        let rows = try graph.reshape(frames, [-1, width])
        let scores = try graph.matMul(rows, graph.reshape(query, [width, 1]))
        let shares = try graph.softmax(
          graph.multiply(graph.reshape(scores, [-1, 1, count]), inverseRoot(width)))
        return try graph.reshape(graph.batchMatMul(shares, frames), [-1, width])
      }
    case "none": return try graph.reshape(frames, [-1, count * width])
    default: return try graph.mean(frames, [1])
    }
  }
}
