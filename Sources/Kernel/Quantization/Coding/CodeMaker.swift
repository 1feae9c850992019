import Tensors
import Bytes
import Checkpoints

/// Makes the bytes of a tensor's codes, and tallies the errors on the way.
package struct CodeMaker: PieceMaker {
  /// Elements encoded at a time: they, their codes and what these stand for fit the first-level cache.
  private static let blockCount = 2048

  let tensor: WeightTensor
  let codebook: Codebook
  package let planes: CodePlanes
  private let tally: ErrorTally?
  private let nearest: NearestCode
  private let stored: [Float]

  package init(_ tensor: WeightTensor, _ codebook: Codebook, tally: ErrorTally?) {
    self.tensor = tensor
    self.codebook = codebook
    self.tally = tally
    planes = CodePlanes(bits: codebook.bits, elementCount: tensor.count)
    nearest = NearestCode(codebook, for: tensor.count)
    stored = codebook.stored
  }

  package func make(_ range: Range<Int>, into out: UnsafeMutableRawBufferPointer) {
    for plane in planes.planes {
      let bytes = range.clamped(to: plane.bytes)
      guard !bytes.isEmpty else { continue }
      let start = bytes.lowerBound - plane.bytes.lowerBound
      let first = start * plane.codesPerByte
      let last = min((start + bytes.count) * plane.codesPerByte, tensor.count)
      let target = UnsafeMutableRawBufferPointer(
        rebasing: out[bytes.lowerBound - range.lowerBound..<bytes.upperBound - range.lowerBound])
      // The first plane passes all elements, so it alone tallies.
      var sums = plane.shift == 0 && tally != nil ? ErrorSums() : nil
      tensor.with(first..<last) { encode($0, plane, target, &sums) }
      if let sums { tally?.add(sums, at: first) }
    }
  }

  /// The errors of the whole tensor, without making its codes.
  package func errors(_ workers: Workers) throws -> ErrorSums {
    let tensor = tensor
    let size = 1 << 18
    let parts = try workers.map((tensor.count + size - 1) / size) { part in
      var sums: ErrorSums? = ErrorSums()
      let elements = part * size..<min((part + 1) * size, tensor.count)
      tensor.with(elements) { self.encode($0, nil, UnsafeMutableRawBufferPointer(start: nil, count: 0), &sums) }
      return sums ?? ErrorSums()
    }
    return parts.reduce(into: ErrorSums()) { $0.merge($1) }
  }

  private func encode(
    _ values: FloatBytes, _ plane: CodePlanes.Plane?, _ out: UnsafeMutableRawBufferPointer,
    _ sums: inout ErrorSums?
  ) {
    let blockCount = CodeMaker.blockCount
    withUnsafeTemporaryAllocation(byteCount: blockCount * 5, alignment: 64) { scratch in
      guard let base = scratch.baseAddress, let source = values.address else { return }
      let codes = base.bindMemory(to: UInt8.self, capacity: blockCount)
      let decoded = (base + blockCount).bindMemory(to: Float.self, capacity: blockCount)
      stored.withUnsafeBufferPointer { stored in
        for start in stride(from: 0, to: values.count, by: blockCount) {
          let count = min(blockCount, values.count - start)
          let block = FloatBytes(UnsafeRawBufferPointer(start: source + 4 * start, count: 4 * count))
          nearest.encode(block, into: codes)
          if sums != nil {
            for index in 0..<count { decoded[index] = stored[Int(codes[index])] }
            sums?.add(block, decoded)
          }
          guard let plane else { continue }
          CodeMaker.pack(codes, count, plane, out, at: start / plane.codesPerByte)
        }
      }
    }
  }

  /// Puts a plane's bits of `count` codes into bytes.
  private static func pack(
    _ codes: UnsafePointer<UInt8>, _ count: Int, _ plane: CodePlanes.Plane, _ out: UnsafeMutableRawBufferPointer,
    at first: Int
  ) {
    guard plane.bits < 8 else {
      UnsafeMutableRawBufferPointer(rebasing: out[first..<first + count])
        .copyMemory(from: UnsafeRawBufferPointer(start: codes, count: count))
      return
    }
    let mask = UInt8(1) << plane.bits - 1
    let perByte = plane.codesPerByte
    for byte in 0..<(count + perByte - 1) / perByte {
      var packed: UInt8 = 0
      for slot in 0..<min(perByte, count - byte * perByte) {
        packed |= (codes[byte * perByte + slot] >> plane.shift & mask) << (slot * plane.bits)
      }
      out[first + byte] = packed
    }
  }
}
