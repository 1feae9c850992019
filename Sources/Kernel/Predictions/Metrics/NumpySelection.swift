/// Which of several equal numbers `numpy.argpartition` takes: numpy up to 1.24 selects by quickselect with a median of
/// three, falling back to medians of five (specs: tm_google §12), and its swaps decide.
struct NumpySelection {
  private let values: UnsafeBufferPointer<Float>
  /// Positions in ``values``, being arranged.
  private let order: UnsafeMutableBufferPointer<Int32>

  /// Arranges `order` so that its last `count` elements are the positions of the largest numbers, as
  /// `numpy.argpartition(values, -count)` does.
  ///
  /// - Parameters:
  ///   - order: room for as many elements as there are values, which gets all positions.
  ///   - count: from 1 to the number of values.
  static func selectLargest(
    _ count: Int, of values: UnsafeBufferPointer<Float>, _ order: UnsafeMutableBufferPointer<Int32>
  ) {
    for index in values.indices { order[index] = Int32(truncatingIfNeeded: index) }
    NumpySelection(values: values, order: order).select(0, values.count, values.count - count)
  }

  private func value(_ place: Int) -> Float { values[Int(order[place])] }
  private func isLess(_ a: Int, _ b: Int) -> Bool { value(a) < value(b) }
  private func swap(_ a: Int, _ b: Int) { order.swapAt(a, b) }

  /// Brings the element of rank `rank` among the `count` from `first` to its place.
  private func select(_ first: Int, _ count: Int, _ rank: Int) {
    let target = first + rank
    if rank < 3 { return selectSmallest(first, count, rank) }
    if rank == count - 1 { return selectLast(first, count) }
    var low = first
    var high = first + count - 1
    var depth = 2 * (Int.bitWidth - 1 - count.leadingZeroBitCount)
    while low + 1 < high {
      var left = low + 1
      var right = high
      if depth > 0 || right - left < 5 {
        medianOfThree(low, high)
      } else {
        swap(left + medianOfMedians(left, right - left), low)
        left -= 1
        right += 1
      }
      depth -= 1
      let pivot = value(low)
      while true {
        repeat { left += 1 } while value(left) < pivot
        repeat { right -= 1 } while pivot < value(right)
        if right < left { break }
        swap(left, right)
      }
      swap(low, right)
      if right >= target { high = right - 1 }
      if right <= target { low = left }
    }
    if high == low + 1, isLess(high, low) { swap(high, low) }
  }

  /// The `rank` + 1 smallest, one after another.
  private func selectSmallest(_ first: Int, _ count: Int, _ rank: Int) {
    for done in 0...rank {
      var least = first + done
      for place in (first + done)..<(first + count) where isLess(place, least) { least = place }
      swap(first + done, least)
    }
  }

  /// The largest, the last of equal ones.
  private func selectLast(_ first: Int, _ count: Int) {
    var most = first
    for place in (first + 1)..<(first + count) where !isLess(place, most) { most = place }
    swap(first + count - 1, most)
  }

  /// Brings the median of the first, the middle and the last to the first place, and the smallest beside it.
  private func medianOfThree(_ low: Int, _ high: Int) {
    let middle = low + (high - low) / 2
    if isLess(high, middle) { swap(high, middle) }
    if isLess(high, low) { swap(high, low) }
    if isLess(low, middle) { swap(low, middle) }
    swap(middle, low + 1)
  }

  /// Where, from `first`, the median of the medians of groups of five is then.
  private func medianOfMedians(_ first: Int, _ count: Int) -> Int {
    let groupCount = count / 5
    for group in 0..<groupCount { swap(first + 5 * group + medianOfFive(first + 5 * group), first + group) }
    if groupCount > 2 { select(first, groupCount, groupCount / 2) }
    return groupCount / 2
  }

  private func medianOfFive(_ first: Int) -> Int {
    func order(_ a: Int, _ b: Int) { if isLess(first + b, first + a) { swap(first + a, first + b) } }
    order(0, 1)
    order(3, 4)
    order(0, 3)
    order(1, 4)
    order(1, 2)
    guard isLess(first + 3, first + 2) else { return 2 }
    return isLess(first + 3, first + 1) ? 1 : 3
  }
}
