import Bytes
import CKernel
import Graphs
import Tensors

extension Operator {
  /// Batch normalization and softmax.
  static let normalizations: [Operator] = [
    batchNormalization("FusedBatchNorm"), batchNormalization("FusedBatchNormV2"),
    batchNormalization("FusedBatchNormV3"),
    .plain("Softmax") { call in try softmax(&call, isLogarithm: false) },
    .plain("LogSoftmax") { call in try softmax(&call, isLogarithm: true) },
  ]

  /// x [N,H,W,C], scale, offset, mean, variance [C]; epsilon, is_training, exponential_avg_factor.
  ///
  /// Outputs y, the batch's mean and variance, and these two again for the gradient. In training the variance that is
  /// given out is the unbiased one, and that of the gradient the biased one (specs: miha2018 §8.1).
  private static func batchNormalization(_ name: String) -> Operator {
    Operator(name) { node in
      let epsilon = node.attributes.float("epsilon") ?? 1e-4
      let isTraining = node.attributes.bool("is_training") ?? true
      let format = String(decoding: node.attributes.bytes("data_format") ?? Array("NHWC".utf8), as: UTF8.self)
      let factor = node.attributes.float("exponential_avg_factor") ?? 1
      guard format == "NHWC", factor == 1 else {
        throw node.error("data_format \(format.printable) with a moving average of \(factor) is not supported")
      }
      return { call in
        try call.expect(5)
        let shape = call.inputs[0].shape
        guard call.inputs.allSatisfy({ $0.dtype == .float32 }), shape.rank == 4,
          let channels = shape.dimensions.last,
          call.inputs[1...2].allSatisfy({ $0.shape.dimensions == [channels] }),
          isTraining || call.inputs[3...4].allSatisfy({ $0.shape.dimensions == [channels] })
        else { throw call.unsupported() }
        let rows = shape.count(0..<3)
        let statistics =
          try isTraining ? call.moments(rows, channels) : (call.inputs[3], call.inputs[4], call.inputs[4])
        let y = try call.normalized(rows, channels, statistics.0, statistics.1, epsilon)
        // TensorFlow's sixth output is empty on CPUs.
        let reserve = try call.allocate(.float32, try call.shape([0]))
        call.outputs = [y, statistics.0, statistics.2, statistics.0, statistics.1, reserve]
      }
    }
  }

  private static func softmax(_ call: inout Call, isLogarithm: Bool) throws {
    try call.expect(1)
    let shape = call.inputs[0].shape
    guard call.inputs[0].dtype == .float32, let columns = shape.dimensions.last else { throw call.unsupported() }
    let result = try call.reuse(0, as: .float32, shape)
    let (from, to) = (call.inputs[0].floats, result.mutableFloats)
    if let source = from.baseAddress, let target = to.baseAddress, from.count > 0 {
      call.threads.split(from.count / columns, grain: max(1, (1 << 13) / columns)) { rows in
        let (input, output) = (source + rows.lowerBound * columns, target + rows.lowerBound * columns)
        if columns < 16, !isLogarithm {
          SoftmaxRows.short(input, output, rows: rows.count, columns: columns)
        } else {
          for row in 0..<rows.count {
            SoftmaxRows.long(input + row * columns, output + row * columns, columns, isLogarithm: isLogarithm)
          }
        }
      }
    }
    call.outputs = [result]
  }
}

/// Softmax of rows: of each the exponentials, divided by their sum; first less the row's largest, so that none overflows.
private enum SoftmaxRows {
  static func long(
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ columns: Int, isLogarithm: Bool
  ) {
    let largest = ck_largest(input, columns)
    guard isLogarithm else {
      var factor = 1 / ck_exp_shifted(output, input, largest, columns)
      ck_multiply(output, output, 1, &factor, 0, columns)
      return
    }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { scratch in
      var total: Float = 0
      if let scratch = scratch.baseAddress { total = ck_exp_shifted(scratch, input, largest, columns) }
      withUnsafeMutablePointer(to: &total) { ck_log($0, $0, 1) }
      var shift = largest + total
      ck_subtract(output, input, 1, &shift, 0, columns)
    }
  }

  /// The same for rows that are too short for a vector loop each: exponentials are taken of all rows at once.
  static func short(
    _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, rows: Int, columns: Int
  ) {
    for start in stride(from: 0, to: rows * columns, by: columns) {
      var largest = input[start]
      for column in 1..<max(1, columns) {
        let value = input[start + column]
        largest = value > largest || value.isNaN ? value : largest
      }
      for column in 0..<columns { output[start + column] = input[start + column] - largest }
    }
    ck_exp(output, output, rows * columns)
    for start in stride(from: 0, to: rows * columns, by: columns) {
      var sum: Float = 0
      for column in 0..<columns { sum += output[start + column] }
      let factor = 1 / sum
      for column in 0..<columns { output[start + column] *= factor }
    }
  }
}

extension Call {
  /// y = (x - mean) / sqrt(variance + epsilon) * scale + offset, as one factor and one summand a channel.
  fileprivate mutating func normalized(
    _ rows: Int, _ channels: Int, _ mean: Tensor, _ variance: Tensor, _ epsilon: Float
  ) throws -> Tensor {
    let (scale, offset) = (inputs[1].floats, inputs[2].floats)
    let (means, variances) = (mean.floats, variance.floats)
    let factors = scale.indices.map { scale[$0] / (variances[$0] + epsilon).squareRoot() }
    let summands = offset.indices.map { offset[$0] - means[$0] * factors[$0] }
    let result = try reuse(0, as: .float32, inputs[0].shape)
    let (from, to) = (inputs[0].floats, result.mutableFloats)
    guard let source = from.baseAddress, let target = to.baseAddress, channels > 0 else { return result }
    threads.split(rows, grain: max(1, (1 << 14) / channels)) { part in
      for row in part {
        ck_scale_shift(target + row * channels, source + row * channels, factors, summands, channels)
      }
    }
    return result
  }

  /// The mean of each channel, its biased variance, and its unbiased one.
  fileprivate func moments(_ rows: Int, _ channels: Int) throws -> (Tensor, Tensor, Tensor) {
    let results = try (0..<3).map { _ in try allocate(.float32, try shape([channels])) }
    let (means, biased, unbiased) = (results[0].mutableFloats, results[1].mutableFloats, results[2].mutableFloats)
    let values = inputs[0].floats
    let source = values.baseAddress
    // Blocks of channels; along each, sums over the rows in float64.
    threads.split(channels, grain: 64) { block in
      var sums = Array(repeating: 0.0, count: block.count)
      for row in 0..<rows {
        for (index, channel) in block.enumerated() { sums[index] += Double(source?[row * channels + channel] ?? 0) }
      }
      let averages = sums.map { $0 / Double(rows) }
      var squares = Array(repeating: 0.0, count: block.count)
      for row in 0..<rows {
        for (index, channel) in block.enumerated() {
          let distance = Double(source?[row * channels + channel] ?? 0) - averages[index]
          squares[index] += distance * distance
        }
      }
      for (index, channel) in block.enumerated() {
        means[channel] = Float(averages[index])
        biased[channel] = Float(squares[index] / Double(rows))
        unbiased[channel] = Float(squares[index] / Double(max(1, rows - 1)))
      }
    }
    return (results[0], results[1], results[2])
  }
}
