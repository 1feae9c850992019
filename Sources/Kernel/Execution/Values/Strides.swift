import Tensors

extension Shape {
  /// How many elements lie between neighbours of each axis, row-major.
  ///
  /// A shape without elements may have extents whose product overflows; then the numbers mean nothing.
  var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] &* dimensions[axis + 1]
    }
    return strides
  }

  /// The product of the dimensions of some axes, of none 1; it means nothing when the shape has no elements.
  func count(_ axes: Range<Int>) -> Int { dimensions[axes].reduce(1, &*) }
}
