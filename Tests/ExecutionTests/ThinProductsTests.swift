import Bytes
import Testing

@testable import Execution

/// Products of few rows, straight from memory, against sums in float64 and OpenBLAS.
@Suite(.enabled(if: MatrixPiece.hasThinProducts, "this CPU has no AVX-512"))
struct ThinProductsTests {
  private let pool = BufferPool()

  /// a as it is, or turned where b is not.
  @Test(arguments: [(false, false), (true, false), (false, true)])
  func roundsAsOpenBLAS(flipsA: Bool, flipsB: Bool) throws {
    var (thin, blas) = (Errors(), Errors())
    for (rows, columns, depth) in [
      (1, 1, 1), (3, 5, 7), (4, 4, 16), (8, 48, 32), (5, 49, 33), (9, 95, 100), (16, 113, 700), (19, 64, 1025),
      (32, 30, 3000), (64, 17, 65), (33, 250, 16),
    ] {
      let product = Product(rows, columns, depth, flipsA, flipsB)
      let exact = product.exact
      #expect(product.run { $0.multiplyThin(pool) })
      let own = product.errors(exact)
      #expect(own.largest < 2e-6, "\(rows) x \(columns) x \(depth)")
      thin.add(own)
      #expect(
        product.run { piece in
          piece.multiplyByBLAS(); return true
        })
      blas.add(product.errors(exact))
    }
    #expect(thin.mean <= 1.5 * blas.mean)
  }

  @Test(arguments: [false, true]) func keepsToItsColumns(flipsB: Bool) {
    let product = Product(11, 30, 70, false, flipsB)
    product.run(stride: 37) { $0.multiplyThin(pool) }
    for (index, value) in product.out.enumerated() {
      #expect((value == Product.untouched) == (index % 37 >= 30 || index >= 11 * 37))
    }
  }

  /// What is not finite gets to the results that it belongs to, and to no others.
  @Test(arguments: [false, true]) func keepsNaNToItsColumn(flipsB: Bool) {
    let product = Product(6, 50, 80, false, flipsB)
    product.b[flipsB ? 13 * 80 + 3 : 3 * 50 + 13] = .nan
    #expect(product.run { $0.multiplyThin(pool) })
    for (index, value) in product.out.prefix(6 * 50).enumerated() { #expect(value.isNaN == (index % 50 == 13)) }
  }

  /// In the ways in which products are cut: by terms, by columns.
  @Test(arguments: [(16, 64, 9000), (16, 1100, 300), (7, 2000, 64)], [false, true])
  func doesNotDependOnTheNumberOfThreads(extents: (Int, Int, Int), flipsB: Bool) throws {
    let (rows, columns, depth) = extents
    let product = Product(rows, columns, depth, false, flipsB)
    var results: [[UInt32]] = []
    for count in [1, 2, 3] {
      let piece = product.piece(stride: columns)
      try MatrixProduct(threads: ThreadTeam(Workers(count)), pool: pool).multiply(
        piece.a, piece.b, into: piece.out, rows: rows, columns: columns, depth: depth)
      results.append(product.out.map(\.bitPattern))
    }
    #expect(results[1] == results[0])
    #expect(results[2] == results[0])
    #expect(product.errors(product.exact).largest < 3e-6)
  }
}
