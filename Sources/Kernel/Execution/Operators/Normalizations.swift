import Bytes
import CKernel
import Graphs
import Tensors

extension Operator {
  /// Softmax.
  static let normalizations: [Operator] = [
    .plain("Softmax") { call in try softmax(&call, isLogarithm: false) },
    .plain("LogSoftmax") { call in try softmax(&call, isLogarithm: true) },
  ]

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

/// Softmax of rows: of each the exponentials, divided by their sum; first less the row's largest, so that none
/// overflows.
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
