import Bytes
import Testing

@testable import Execution

/// Products on the matrix unit against sums in float64, and against OpenBLAS.
@Suite(.enabled(if: MatrixPiece.hasTiles, "this CPU has no matrix unit, or the system does not lend it"))
struct MatrixTilesTests {
  private let pool = BufferPool()

  @Test(arguments: [false, true], [false, true])
  func roundsLessThanOpenBLAS(flipsA: Bool, flipsB: Bool) throws {
    var (tiles, blas) = (Errors(), Errors())
    for (rows, columns, depth) in [
      (1, 1, 1), (5, 7, 3), (16, 16, 32), (17, 33, 65), (31, 32, 31), (100, 70, 300), (40, 300, 700),
      (300, 1100, 130),
      (33, 40, 3000), (32, 40, 9600), (32, 32, 1280),
    ] {
      let product = Product(rows, columns, depth, flipsA, flipsB)
      let exact = product.exact
      #expect(product.run { $0.multiplyOnTiles(pool) })
      let own = product.errors(exact)
      #expect(own.largest < 2.5e-6, "\(rows) x \(columns) x \(depth)")
      tiles.add(own)
      #expect(
        product.run { piece in
          piece.multiplyByBLAS(); return true
        })
      blas.add(product.errors(exact))
    }
    #expect(tiles.largest <= blas.largest)
    #expect(tiles.mean <= blas.mean)
  }

  /// Large numbers, but not too large; the error grows with them.
  @Test func takesNumbersBelowTwoToTheSixtieth() {
    let product = Product(32, 40, 64, false, false)
    product.scale(a: 0x1p59, b: 0x1p59)
    let exact = product.exact
    #expect(product.run { $0.multiplyOnTiles(pool) })
    #expect(product.errors(exact).largest < 1e-6)
  }

  @Test(arguments: [Float.infinity, -.infinity, .nan, 0x1p60, -.greatestFiniteMagnitude], [false, true])
  func leavesOthersToOpenBLAS(value: Float, isInA: Bool) {
    let product = Product(64, 96, 128, false, false)
    (isInA ? product.a : product.b)[33 * 96 + 7] = value
    #expect(!product.run { $0.multiplyOnTiles(pool) })
    #expect(
      product.run { piece in
        piece.multiplyByBLAS(); return true
      })
    let expected = product.out.map(\.bitPattern)
    #expect(
      product.run { piece in
        piece.multiply(pool); return true
      })
    #expect(product.out.map(\.bitPattern) == expected)
  }

  /// What is below 2^-126, or a part of a number that is, counts as zero.
  @Test func losesAtMostPartsBelowTheSmallestNormalNumber() {
    for scale in [Float(0x1p-149), 0x1p-140, 0x1p-126, 0x1p-118, 0x1p-100] {
      let product = Product(32, 32, 64, false, false)
      product.scale(a: scale, b: 1)
      let exact = product.exact
      #expect(product.run { $0.multiplyOnTiles(pool) })
      for (found, sum) in zip(product.out, exact.map(\.sum)) {
        #expect(abs(Double(found) - sum) <= 64 * 0x1p-126 + abs(sum) * 1e-5)
      }
    }
  }

  @Test func keepsToItsColumns() {
    let product = Product(50, 30, 40, false, false)
    product.run(stride: 37) { $0.multiplyOnTiles(pool) }
    for (index, value) in product.out.enumerated() where index % 37 >= 30 { #expect(value == Product.untouched) }
  }

  /// In the ways in which products are cut: by terms, by columns, by rows.
  @Test(arguments: [(32, 64, 9000), (64, 700, 128), (700, 64, 128)])
  func doesNotDependOnTheNumberOfThreads(rows: Int, columns: Int, depth: Int) throws {
    let product = Product(rows, columns, depth, false, false)
    var results: [[UInt32]] = []
    for count in [1, 2, 3] {
      let threads = ThreadTeam(Workers(count))
      let piece = product.piece(stride: columns)
      try MatrixProduct(threads: threads, pool: pool).multiply(
        piece.a, piece.b, into: piece.out, rows: rows, columns: columns, depth: depth)
      results.append(product.out.map(\.bitPattern))
    }
    #expect(results[1] == results[0])
    #expect(results[2] == results[0])
    #expect(product.errors(product.exact).largest < 3e-6)
  }
}
