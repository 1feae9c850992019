import Graphs
import Tensors

extension Operator {
  /// The operator of the nodes that ``Fusion`` makes of rows that are looked up by bytes; files do not have it.
  static let byteGather = "_GatherByBytes"

  /// params, bytes: for each byte the row of that number, without a wider copy of the bytes.
  static let rowsByBytes = Operator.plain(byteGather) { call in
    try call.expect(2)
    let (params, bytes) = (call.inputs[0], call.inputs[1])
    guard params.shape.rank >= 1, bytes.dtype == .uint8 else { throw call.unsupported() }
    try call.requireNumbers(params)
    let rows = params.shape.dimensions[0]
    if rows < 256, let wrong = bytes.elements(UInt8.self).first(where: { $0 >= rows }) {
      throw call.error("its index \(wrong) is not among the \(rows) of \(params)")
    }
    let result = try call.allocate(
      params.dtype, try call.shape(bytes.shape.dimensions + params.shape.dimensions.dropFirst()))
    if result.byteCount > 0 {
      switch params.byteCount / rows {
      case 4: lookUp(UInt32.self, bytes, params, result, call.threads)
      case 8: lookUp(UInt64.self, bytes, params, result, call.threads)
      case 16: lookUp(SIMD2<UInt64>.self, bytes, params, result, call.threads)
      case 32: lookUp(SIMD4<UInt64>.self, bytes, params, result, call.threads)
      default: copyRows(bytes, params, result, call.threads)
      }
    }
    call.outputs = [result]
  }

  /// Rows that are one value each, whatever it means.
  private static func lookUp<Row: BitwiseCopyable>(
    _: Row.Type, _ bytes: Tensor, _ params: Tensor, _ result: Tensor, _ threads: ThreadTeam
  ) {
    let (codes, rows) = (bytes.elements(UInt8.self), params.bytes)
    let table = (0..<rows.count / MemoryLayout<Row>.size).map {
      rows.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Row>.size, as: Row.self)
    }
    let target = result.mutableBytes
    threads.split(codes.count, grain: 1 << 15) { part in
      table.withUnsafeBufferPointer { table in
        for index in part {
          target.storeBytes(
            of: table[Int(codes[index])], toByteOffset: index * MemoryLayout<Row>.size, as: Row.self)
        }
      }
    }
  }

  private static func copyRows(_ bytes: Tensor, _ params: Tensor, _ result: Tensor, _ threads: ThreadTeam) {
    let (codes, rows, target) = (bytes.elements(UInt8.self), params.bytes, result.mutableBytes)
    let size = target.count / codes.count
    threads.split(codes.count, grain: max(1, (1 << 17) / size)) { part in
      for index in part {
        let start = Int(codes[index]) * size
        UnsafeMutableRawBufferPointer(rebasing: target[index * size..<(index + 1) * size])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: rows[start..<start + size]))
      }
    }
  }
}
