import Bytes

@testable import Execution

/// Two matrices of numbers between -1 and 1, and room for their product.
final class Product {
  let rows: Int
  let columns: Int
  let depth: Int
  private let flips: (a: Bool, b: Bool)
  let a: UnsafeMutableBufferPointer<Float>
  let b: UnsafeMutableBufferPointer<Float>
  let out: UnsafeMutableBufferPointer<Float>
  static let untouched: Float = 12345

  init(_ rows: Int, _ columns: Int, _ depth: Int, _ flipsA: Bool, _ flipsB: Bool) {
    (self.rows, self.columns, self.depth, flips) = (rows, columns, depth, (flipsA, flipsB))
    var random = MersenneTwister(seed: 7)
    a = .allocate(capacity: rows * depth)
    b = .allocate(capacity: depth * columns)
    out = .allocate(capacity: rows * (columns + 64))
    for factor in [a, b] {
      for index in factor.indices { factor[index] = Float(random.next() >> 8) * 0x1p-23 - 1 }
    }
    out.initialize(repeating: Product.untouched)
  }

  deinit {
    a.deallocate()
    b.deallocate()
    out.deallocate()
  }

  func scale(a factorA: Float, b factorB: Float) {
    for index in a.indices { a[index] *= factorA }
    for index in b.indices { b[index] *= factorB }
  }

  func piece(stride: Int) -> MatrixPiece {
    MatrixPiece(
      a: .init(values: UnsafePointer(a.baseAddress!), stride: flips.a ? rows : depth, isTransposed: flips.a),
      b: .init(values: UnsafePointer(b.baseAddress!), stride: flips.b ? depth : columns, isTransposed: flips.b),
      out: out.baseAddress!, stride: stride, rows: rows, columns: columns, depth: depth)
  }

  @discardableResult
  func run(stride: Int? = nil, _ body: (MatrixPiece) -> Bool) -> Bool { body(piece(stride: stride ?? columns)) }

  /// Of each element the sum, and the root of the sum of its terms' squares.
  var exact: [(sum: Double, size: Double)] {
    (0..<rows * columns).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      var (sum, squares) = (0.0, 0.0)
      for term in 0..<depth {
        let first = Double(a[flips.a ? term * rows + row : row * depth + term])
        let product = first * Double(b[flips.b ? column * depth + term : term * columns + column])
        sum += product
        squares += product * product
      }
      return (sum, squares.squareRoot())
    }
  }

  func errors(_ exact: [(sum: Double, size: Double)]) -> Errors {
    var errors = Errors()
    for (found, exact) in zip(out, exact) where exact.size > 0 {
      errors.add(abs(Double(found) - exact.sum) / exact.size)
    }
    return errors
  }
}

/// Errors relative to what the terms of a sum are together.
struct Errors {
  private(set) var largest = 0.0
  private var squares = 0.0
  private var count = 0

  /// The root of the mean square.
  var mean: Double { count == 0 ? 0 : (squares / Double(count)).squareRoot() }

  mutating func add(_ error: Double) {
    largest = max(largest, error)
    squares += error * error
    count += 1
  }

  mutating func add(_ other: Errors) {
    largest = max(largest, other.largest)
    squares += other.squares
    count += other.count
  }
}
