import Bytes
import CKernel
import Graphs
import Tensors

extension Operator {
  static let biasGradients: [Operator] = [
    // The sums over all axes but the last: the gradient of what BiasAdd adds.
    Operator("BiasAddGrad") { node in
      let format = String(decoding: node.attributes.bytes("data_format") ?? Array("NHWC".utf8), as: UTF8.self)
      guard format == "NHWC" else { throw node.error("data_format \(format.printable) is not supported") }
      return { call in
        try call.expect(1)
        let shape = call.inputs[0].shape
        guard call.inputs[0].dtype == .float32, shape.rank >= 2, let channels = shape.dimensions.last else {
          throw call.unsupported()
        }
        call.outputs = [try call.channelSums(shape.count(0..<shape.rank - 1), channels)]
      }
    }
  ]
}

extension Call {
  /// The sums of the columns of the first input, in pieces of rows that are added up in float64.
  fileprivate func channelSums(_ rows: Int, _ channels: Int) throws -> Tensor {
    let result = try allocate(.float32, try shape([channels]))
    let sums = result.mutableFloats
    let height = max(16, (1 << 15) / max(1, channels))
    let pieces = inputs[0].elementCount == 0 ? 0 : (rows - 1) / height + 1
    let parts = try allocate(.float32, try shape([pieces, channels]))
    defer { withExtendedLifetime(parts) {} }
    guard pieces > 0, let source = inputs[0].floats.baseAddress, let partial = parts.mutableFloats.baseAddress
    else {
      sums.update(repeating: 0)
      return result
    }
    threads.run(pieces) { piece in
      let first = piece * height
      ck_channel_sums(
        partial + piece * channels, source + first * channels, min(height, rows - first), channels)
    }
    threads.split(channels, grain: 256) { block in
      for channel in block {
        var total = 0.0
        for piece in 0..<pieces { total += Double(partial[piece * channels + channel]) }
        sums[channel] = Float(total)
      }
    }
    return result
  }
}
