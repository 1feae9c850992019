import Bytes
import CKernel
import Checkpoints

/// Makes the bytes of a tensor as float16, rounded to nearest, ties to even, and tallies the errors on the way.
package struct HalfMaker: PieceMaker {
  private static let blockCount = 2048

  let tensor: WeightTensor
  private let tally: ErrorTally?

  package init(_ tensor: WeightTensor, tally: ErrorTally?) {
    self.tensor = tensor
    self.tally = tally
  }

  package func make(_ range: Range<Int>, into out: UnsafeMutableRawBufferPointer) {
    // Pieces are cut between elements: their size is a power of two.
    var sums = ErrorSums()
    tensor.with(range.lowerBound / 2..<range.upperBound / 2) { convert($0, out, &sums) }
    tally?.add(sums, at: range.lowerBound)
  }

  /// The errors of the whole tensor, without making its bytes.
  package func errors(_ workers: Workers) throws -> ErrorSums {
    let tensor = tensor
    let parts = try workers.map(tensor.pieces.count) { piece in
      var sums = ErrorSums()
      tensor.forEach(piece..<piece + 1) { values, _ in convert(values, nil, &sums) }
      return sums
    }
    return parts.reduce(into: ErrorSums()) { $0.merge($1) }
  }

  private func convert(_ values: FloatBytes, _ out: UnsafeMutableRawBufferPointer?, _ sums: inout ErrorSums) {
    let blockCount = HalfMaker.blockCount
    withUnsafeTemporaryAllocation(byteCount: blockCount * 10, alignment: 64) { scratch in
      guard let base = scratch.baseAddress, let source = values.address else { return }
      let halves = base.bindMemory(to: UInt16.self, capacity: blockCount)
      let singles = (base + 2 * blockCount).bindMemory(to: Float.self, capacity: blockCount)
      let decoded = (base + 6 * blockCount).bindMemory(to: Float.self, capacity: blockCount)
      for start in stride(from: 0, to: values.count, by: blockCount) {
        let count = min(blockCount, values.count - start)
        let bytes = UnsafeRawBufferPointer(start: source + 4 * start, count: 4 * count)
        UnsafeMutableRawBufferPointer(start: singles, count: 4 * count).copyMemory(from: bytes)
        ck_half_from_float(halves, singles, count)
        ck_float_from_half(decoded, halves, count)
        sums.add(FloatBytes(bytes), decoded)
        if let out {
          UnsafeMutableRawBufferPointer(rebasing: out[2 * start..<2 * (start + count)])
            .copyMemory(from: UnsafeRawBufferPointer(start: halves, count: 2 * count))
        }
      }
    }
  }
}
