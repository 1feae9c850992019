/// Geometry of slices.
enum Boxes {
  typealias Box = [(start: Int, length: Int)]

  /// Whether any two boxes share an element.
  ///
  /// A sweep along the first dimension in which the boxes differ compares only neighbours for the usual partition along
  /// one axis; boxes made to defeat it are reported as overlapping after a million comparisons.
  static func overlap(_ boxes: [Box]) -> Bool {
    let solid = boxes.filter { box in box.allSatisfy { $0.length > 0 } }
    guard solid.count > 1, let rank = solid.first?.count else { return false }
    guard let axis = (0..<rank).first(where: { axis in solid.contains { $0[axis].start != solid[0][axis].start } })
    else { return true }
    let sorted = solid.sorted { $0[axis].start < $1[axis].start }
    var comparisons = 0
    for (index, box) in sorted.enumerated() {
      let end = box[axis].start + box[axis].length
      for other in sorted[(index + 1)...] {
        if other[axis].start >= end { break }
        comparisons += 1
        if comparisons > 1_000_000 || meet(box, other) { return true }
      }
    }
    return false
  }

  private static func meet(_ a: Box, _ b: Box) -> Bool {
    zip(a, b).allSatisfy { a, b in a.start < b.start + b.length && b.start < a.start + a.length }
  }

  /// Copies the elements of a row-major box (`part`) to their places in the row-major whole, in runs along the last
  /// dimensions that the box spans fully.
  static func scatter(
    _ part: UnsafeRawBufferPointer, _ box: Box, into whole: UnsafeMutableRawBufferPointer, dimensions: [Int],
    elementSize: Int
  ) {
    guard !part.isEmpty else { return }
    var run = elementSize
    var axis = dimensions.count - 1
    while axis >= 0, box[axis].length == dimensions[axis] {
      run *= dimensions[axis]
      axis -= 1
    }
    // `axis` is now the innermost dimension that is cut; one run per index of the dimensions outside it.
    var strides = [Int](repeating: elementSize, count: dimensions.count)
    for d in stride(from: dimensions.count - 2, through: 0, by: -1) {
      strides[d] = strides[d + 1] * dimensions[d + 1]
    }
    var start = 0
    for d in 0..<dimensions.count { start += box[d].start * strides[d] }
    if axis >= 0 { run *= box[axis].length }
    var position = [Int](repeating: 0, count: max(axis, 0))
    var source = 0
    while source < part.count {
      let target = start + zip(position, strides).reduce(0) { $0 + $1.0 * $1.1 }
      UnsafeMutableRawBufferPointer(rebasing: whole[target..<(target + run)])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: part[source..<(source + run)]))
      source += run
      for d in (0..<position.count).reversed() {
        position[d] += 1
        if position[d] < box[d].length { break }
        position[d] = 0
      }
    }
  }
}
