import Tensors

/// Two tensors of different shapes brought together: where one has extent 1 (or no axis), its elements are used again.
struct Broadcast {
  /// The shape of the result.
  let shape: Shape
  /// Extents of the result with axes put together that behave alike, outermost first, and how far each input goes
  /// from one position to the next (0 where it is used again).
  private(set) var extents: [Int] = []
  private(set) var strides: [[Int]] = []

  /// - Parameter inputs: the shapes to be brought together.
  init?(_ inputs: [Shape]) {
    var shape = Shape.scalar
    for input in inputs {
      guard let both = Broadcast.shape(shape, input) else { return nil }
      shape = both
    }
    self.shape = shape
    // Extents of a tensor without elements may multiply to more than can be counted.
    guard shape.elementCount > 0 else {
      extents = [0]
      strides = [inputs.map { _ in 0 }]
      return
    }
    let steps = inputs.map { input in
      let missing = shape.rank - input.rank
      let own = input.strides
      return shape.dimensions.indices.map { axis in
        axis < missing || input.dimensions[axis - missing] == 1 ? 0 : own[axis - missing]
      }
    }
    for axis in shape.dimensions.indices where shape.dimensions[axis] != 1 {
      let extent = shape.dimensions[axis]
      // The axis before runs on in this one for every input?
      if let last = extents.indices.last,
        inputs.indices.allSatisfy({ strides[last][$0] == steps[$0][axis] &* extent })
      {
        extents[last] *= extent
        strides[last] = inputs.indices.map { steps[$0][axis] }
      } else {
        extents.append(extent)
        strides.append(inputs.indices.map { steps[$0][axis] })
      }
    }
    if extents.isEmpty {
      extents = [1]
      strides = [inputs.map { _ in 0 }]
    }
  }

  /// The shape of two together; `nil` when they do not fit.
  static func shape(_ a: Shape, _ b: Shape) -> Shape? {
    if a == b { return a }
    let rank = max(a.rank, b.rank)
    var dimensions: [Int] = []
    for axis in 0..<rank {
      let first = axis < rank - a.rank ? 1 : a.dimensions[axis - (rank - a.rank)]
      let second = axis < rank - b.rank ? 1 : b.dimensions[axis - (rank - b.rank)]
      guard first == second || first == 1 || second == 1 else { return nil }
      dimensions.append(first == 1 ? second : first)
    }
    return Shape(dimensions)
  }

  /// Calls `body` for each run along the innermost extent: where it starts in the result and in each input, and how
  /// many elements it has. Runs are shared among the threads, in pieces of about `pieceCount` elements.
  func forEachRun(
    pieceCount limit: Int = 1 << 15, _ threads: ThreadTeam,
    _ body: (_ start: Int, _ starts: (Int, Int, Int), _ count: Int) -> Void
  ) {
    guard shape.elementCount > 0, let inner = extents.last, let innerStrides = strides.last else { return }
    func stride(_ strides: [Int], _ input: Int) -> Int { input < strides.count ? strides[input] : 0 }
    let pieceCount = min(inner, limit)
    let piecesPerRun = (inner - 1) / pieceCount + 1
    let rows = shape.elementCount / inner
    let outer = extents.count - 1
    threads.split(rows * piecesPerRun, grain: max(1, limit / pieceCount)) { pieces in
      for piece in pieces {
        let (row, part) = piece.quotientAndRemainder(dividingBy: piecesPerRun)
        var starts = (0, 0, 0)
        var rest = row
        for axis in Swift.stride(from: outer - 1, through: 0, by: -1) {
          let (quotient, index) = rest.quotientAndRemainder(dividingBy: extents[axis])
          rest = quotient
          starts.0 += index * stride(strides[axis], 0)
          starts.1 += index * stride(strides[axis], 1)
          starts.2 += index * stride(strides[axis], 2)
        }
        let first = part * pieceCount
        starts.0 += first * stride(innerStrides, 0)
        starts.1 += first * stride(innerStrides, 1)
        starts.2 += first * stride(innerStrides, 2)
        body(row * inner + first, starts, min(pieceCount, inner - first))
      }
    }
  }

  /// The steps of the inputs along a run: each 0 or 1.
  var steps: (Int, Int, Int) {
    let inner = strides.last ?? []
    return (inner.first ?? 0, inner.count > 1 ? inner[1] : 0, inner.count > 2 ? inner[2] : 0)
  }
}
