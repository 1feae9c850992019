import Bytes

/// The order into which the reference's average precision calculator brings predictions before it sorts them, so that
/// equal scores come in an order of no meaning (specs: tm_google §5.3).
enum PythonShuffle {
  /// `random.sample(range(count), count)` of Python 3 after `random.seed(0)`.
  ///
  /// Memory: 8 bytes an element.
  static func order(_ count: Int) -> [UInt32] {
    var twister = MersenneTwister(pythonSeed: 0)
    var pool = Array(0..<UInt32(clamping: count))
    var order = pool
    pool.withUnsafeMutableBufferPointer { pool in
      order.withUnsafeMutableBufferPointer { order in
        for index in order.indices {
          let left = pool.count - index
          // Python draws as many bits as the bound itself has, not as the largest number below it.
          let shift = UInt32(UInt32(left).leadingZeroBitCount)
          var draw = twister.next() >> shift
          while draw >= left { draw = twister.next() >> shift }
          order[index] = pool[Int(draw)]
          pool[Int(draw)] = pool[left - 1]
        }
      }
    }
    return order
  }
}

/// The array of a binary heap, smallest first, as Python's `heapq.heappush` lays it out.
enum PythonHeap {
  /// Turns `elements` into what pushing them one by one onto an empty heap makes of them.
  static func pushAll<Element: Comparable>(_ elements: UnsafeMutableBufferPointer<Element>) {
    for last in elements.indices {
      let element = elements[last]
      var place = last
      while place > 0 {
        let parent = (place - 1) >> 1
        guard element < elements[parent] else { break }
        elements[place] = elements[parent]
        place = parent
      }
      elements[place] = element
    }
  }
}
