import Bytes

/// The numbers of a tensor, sorted, as keys of ``FloatKey``.
///
/// Memory: 8 bytes an element while they are sorted, 4 afterwards.
struct SortedKeys {
  private(set) var keys: [UInt32]

  init(_ tensor: WeightTensor, _ workers: Workers) throws {
    keys = [UInt32](repeating: 0, count: tensor.count)
    try keys.withUnsafeMutableBufferPointer { keys in
      let out = UncheckedBuffer(keys)
      try workers.run(tensor.pieces.count) { piece in
        tensor.forEach(piece..<piece + 1) { values, elements in
          for index in 0..<values.count { out.buffer[elements.lowerBound + index] = FloatKey.key(values[index]) }
        }
      }
    }
    sort()
  }

  /// Sorts by 11 bits at a time, the lowest first.
  private mutating func sort() {
    var other = [UInt32](repeating: 0, count: keys.count)
    for shift in [UInt32(0), 11, 22] {
      keys.withUnsafeBufferPointer { keys in
        other.withUnsafeMutableBufferPointer { other in
          var starts = [Int](repeating: 0, count: 2049)
          for key in keys { starts[Int(key >> shift & 2047) + 1] += 1 }
          for digit in 0..<2048 { starts[digit + 1] += starts[digit] }
          for key in keys {
            let digit = Int(key >> shift & 2047)
            other[starts[digit]] = key
            starts[digit] += 1
          }
        }
      }
      swap(&keys, &other)
    }
  }
}

/// Memory that threads fill, each its own part.
struct UncheckedBuffer<Element>: @unchecked Sendable {
  // Sendable holds because no two threads write the same element.
  let buffer: UnsafeMutableBufferPointer<Element>

  init(_ buffer: UnsafeMutableBufferPointer<Element>) { self.buffer = buffer }
}
