import Bytes
import CKernel
import Graphs
import Tensors

extension Operator {
  /// Batch normalization over all axes but the last, and its gradient. Versions differ in types that we do not
  /// have.
  static let batchNormalizations: [Operator] =
    ["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"].map(batchNormalization)
    + ["FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3"].map(batchNormalizationGradient)

  /// x [N,H,W,C], scale, offset, mean, variance [C]; epsilon, is_training, exponential_avg_factor.
  ///
  /// Outputs y, the batch's mean and variance, and these two again for the gradient. In training the variance that
  /// is given out is the unbiased one, and that of the gradient the biased one (specs: miha2018 §8.1).
  private static func batchNormalization(_ name: String) -> Operator {
    Operator(name) { node in
      let settings = try BatchNormSettings(node)
      let factor = node.attributes.float("exponential_avg_factor") ?? 1
      guard factor == 1 else { throw node.error("a moving average of \(factor) is not supported") }
      return { call in
        try call.expect(5)
        let channels = try call.channels(of: [0], vectors: settings.isTraining ? [1, 2] : [1, 2, 3, 4])
        let rows = call.inputs[0].shape.count(0..<3)
        let statistics =
          settings.isTraining
          ? try call.moments(rows, channels) : (call.inputs[3], call.inputs[4], call.inputs[4])
        let y = try call.normalized(rows, channels, statistics.0, statistics.1, settings.epsilon)
        // TensorFlow's sixth output is empty on CPUs.
        let reserve = try call.allocate(.float32, try call.shape([0]))
        call.outputs = [y, statistics.0, statistics.2, statistics.0, statistics.1, reserve]
      }
    }
  }

  /// y_backprop, x, scale, mean, variance, in V3 a sixth that nothing needs; epsilon, is_training.
  ///
  /// With c = x - mean and k = 1 / sqrt(variance + epsilon): the gradient by offset is the sum of dy over the rows,
  /// by scale k times that of dy c, by x scale k dy; in training, where mean and variance depend on x, less scale k
  /// (mean(dy) + c k^2 mean(dy c)). Two outputs follow that are zero.
  private static func batchNormalizationGradient(_ name: String) -> Operator {
    Operator(name) { node in
      let settings = try BatchNormSettings(node)
      return { call in
        try call.expect(name.hasSuffix("V3") ? 6 : 5)
        let channels = try call.channels(of: [0, 1], vectors: [2, 3, 4])
        try call.normalizedGradient(call.inputs[1].shape.count(0..<3), channels, settings)
      }
    }
  }
}

/// What a node says about batch normalization.
struct BatchNormSettings {
  let epsilon: Float
  let isTraining: Bool

  init(_ node: Node) throws {
    epsilon = node.attributes.float("epsilon") ?? 1e-4
    isTraining = node.attributes.bool("is_training") ?? true
    let format = String(decoding: node.attributes.bytes("data_format") ?? Array("NHWC".utf8), as: UTF8.self)
    guard format == "NHWC" else { throw node.error("data_format \(format.printable) is not supported") }
  }
}

/// Rows in pieces whose numbers stay in a core's cache while they are gone over twice; the pieces do not depend on
/// the number of threads.
private struct RowPieces {
  let rows: Int
  let height: Int
  var count: Int { rows == 0 ? 0 : (rows - 1) / height + 1 }

  init(rows: Int, channels: Int) {
    self.rows = rows
    height = max(16, (1 << 15) / max(1, channels))
  }

  func range(_ piece: Int) -> Range<Int> { piece * height..<min(rows, (piece + 1) * height) }
}

extension Call {
  /// The number of channels, after checking that the inputs `of` have it as the last of four axes and are of one
  /// shape, and that `vectors` are that long.
  fileprivate func channels(of images: [Int], vectors: [Int]) throws -> Int {
    let shape = inputs[images[0]].shape
    guard inputs.prefix(5).allSatisfy({ $0.dtype == .float32 }), shape.rank == 4,
      let channels = shape.dimensions.last,
      images.allSatisfy({ inputs[$0].shape == shape }),
      vectors.allSatisfy({ inputs[$0].shape.dimensions == [channels] })
    else { throw unsupported() }
    return channels
  }

  /// y = (x - mean) / sqrt(variance + epsilon) * scale + offset.
  fileprivate mutating func normalized(
    _ rows: Int, _ channels: Int, _ mean: Tensor, _ variance: Tensor, _ epsilon: Float
  ) throws -> Tensor {
    let (scale, offset, variances) = (inputs[1].floats, inputs[2].floats, variance.floats)
    let factors = scale.indices.map { scale[$0] / (variances[$0] + epsilon).squareRoot() }
    let result = try reuse(0, as: .float32, inputs[0].shape)
    guard let source = inputs[0].floats.baseAddress, let target = result.mutableFloats.baseAddress, channels > 0
    else {
      return result
    }
    threads.split(rows, grain: max(1, (1 << 14) / channels)) { part in
      let start = part.lowerBound * channels
      ck_normalized(
        target + start, source + start, mean.floats.baseAddress, factors, offset.baseAddress, part.count, channels)
    }
    return result
  }

  /// The mean of each channel, its biased variance, and its unbiased one.
  ///
  /// Each piece of rows has its own mean and squared distances from it; they are put together in float64 (Chan et
  /// al. 1979), so that memory is read once and nothing is lost where the mean is large.
  fileprivate func moments(_ rows: Int, _ channels: Int) throws -> (Tensor, Tensor, Tensor) {
    let results = try (0..<3).map { _ in try allocate(.float32, try shape([channels])) }
    let pieces = RowPieces(rows: rows, channels: channels)
    let parts = try allocate(.float32, try shape([pieces.count, 2, channels]))
    defer { withExtendedLifetime(parts) {} }
    let (means, biased, unbiased) = (results[0].mutableFloats, results[1].mutableFloats, results[2].mutableFloats)
    guard let source = inputs[0].floats.baseAddress, let partial = parts.mutableFloats.baseAddress, channels > 0
    else {
      return (results[0], results[1], results[2])
    }
    threads.run(pieces.count) { piece in
      let range = pieces.range(piece)
      let out = partial + 2 * piece * channels
      ck_channel_moments(out, out + channels, source + range.lowerBound * channels, range.count, channels)
    }
    threads.split(channels, grain: 64) { block in
      for channel in block {
        var total = 0.0
        for piece in 0..<pieces.count {
          total += Double(partial[2 * piece * channels + channel]) * Double(pieces.range(piece).count)
        }
        let mean = total / Double(rows)
        var squares = 0.0
        for piece in 0..<pieces.count {
          let distance = Double(partial[2 * piece * channels + channel]) - mean
          squares +=
            Double(partial[(2 * piece + 1) * channels + channel])
            + Double(pieces.range(piece).count) * distance * distance
        }
        means[channel] = Float(mean)
        biased[channel] = Float(squares / Double(rows))
        unbiased[channel] = Float(squares / Double(max(1, rows - 1)))
      }
    }
    return (results[0], results[1], results[2])
  }

  fileprivate mutating func normalizedGradient(_ rows: Int, _ channels: Int, _ settings: BatchNormSettings) throws {
    let vectors = try (0..<5).map { _ in try allocate(.float32, try shape([channels])) }
    let (scaleGradient, offsetGradient) = (vectors[0].mutableFloats, vectors[1].mutableFloats)
    let (factors, shifts, slopes) = (vectors[2].mutableFloats, vectors[3].mutableFloats, vectors[4].mutableFloats)
    let pieces = RowPieces(rows: rows, channels: channels)
    let parts = try allocate(.float32, try shape([pieces.count, 2, channels]))
    defer { withExtendedLifetime((vectors, parts)) {} }
    let zero = try constant(0, .float32)
    let result = try reuse(0, as: .float32, inputs[1].shape)
    outputs = [result, vectors[0], vectors[1], zero, zero]
    for vector in vectors { vector.mutableFloats.update(repeating: 0) }
    let (scale, mean, variance) = (inputs[2].floats, inputs[3].floats, inputs[4].floats)
    guard let grad = inputs[0].floats.baseAddress, let x = inputs[1].floats.baseAddress, channels > 0, rows > 0,
      let partial = parts.mutableFloats.baseAddress, let target = result.mutableFloats.baseAddress
    else { return }
    threads.run(pieces.count) { piece in
      let range = pieces.range(piece)
      let (out, start) = (partial + 2 * piece * channels, range.lowerBound * channels)
      ck_channel_products(
        out, out + channels, grad + start, x + start, mean.baseAddress, range.count, channels)
    }
    let isTraining = settings.isTraining
    threads.split(channels, grain: 64) { block in
      for channel in block {
        var (sum, products) = (0.0, 0.0)
        for piece in 0..<pieces.count {
          sum += Double(partial[2 * piece * channels + channel])
          products += Double(partial[(2 * piece + 1) * channels + channel])
        }
        let inverse = 1 / (Double(variance[channel]) + Double(settings.epsilon)).squareRoot()
        let factor = Double(scale[channel]) * inverse
        offsetGradient[channel] = Float(sum)
        scaleGradient[channel] = Float(products * inverse)
        factors[channel] = Float(factor)
        guard isTraining else { continue }
        shifts[channel] = Float(factor * sum / Double(rows))
        slopes[channel] = Float(factor * inverse * inverse * products / Double(rows))
      }
    }
    threads.split(rows, grain: max(1, (1 << 14) / channels)) { part in
      let start = part.lowerBound * channels
      ck_normalized_grad(
        target + start, grad + start, x + start, mean.baseAddress, factors.baseAddress, shifts.baseAddress,
        slopes.baseAddress, part.count, channels)
    }
  }
}
