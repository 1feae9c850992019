import Glibc

/// How the numbers of a tensor are cut into bins: so many that each level of a codebook gets some hundred.
///
/// In a good codebook with k levels a level's interval is as wide as the density to the power of −1/3 (Panter and Dite,
/// 1951), so cells get bins in proportion to count^(1/3) · width^(2/3); cells that deserve less than one share one.
struct BinMap: Sendable {
  /// For each cell the number of its first bin, above 14 bits, and into how many bins it is cut: none when it shares one.
  private let table: [UInt64]
  /// The least and the largest number that each bin can hold.
  private(set) var edges: [(left: Float, right: Float)] = []
  /// The cube root of the density, integrated: what the estimate of a penalty needs.
  let spread: Double

  /// - Parameter binCount: about how many bins to make.
  init(_ histogram: KeyHistogram, binCount: Int) {
    let occupied = histogram.occupied
    let shares = occupied.map { BinMap.share(histogram.counts[$0], BinMap.keys(of: $0)) }
    let total = shares.reduce(0, +)
    spread = total
    let scale = total > 0 ? Double(binCount) / total : 0
    var table = [UInt64](repeating: 0, count: FloatKey.cellCount)
    var shared = Double.infinity
    for (cell, share) in zip(occupied, shares) {
      let keys = BinMap.keys(of: cell)
      let wanted = share * scale
      if wanted > 1 {
        let pieces = min(UInt64(wanted.rounded(.up)), UInt64(FloatKey.lowMask) + 1)
        table[cell] = UInt64(edges.count) << 32 | pieces
        for piece in 0..<pieces { edges.append(BinMap.edges(of: piece, of: pieces, from: keys.lowerBound)) }
        shared = .infinity
      } else {
        shared += wanted
        if shared > 1 {
          edges.append((FloatKey.value(keys.lowerBound), FloatKey.value(keys.upperBound)))
          shared = wanted
        } else {
          edges[edges.count - 1].right = FloatKey.value(keys.upperBound)
        }
        table[cell] = UInt64(edges.count - 1) << 32
      }
    }
    self.table = table
  }

  var count: Int { edges.count }

  /// The bin of each key.
  func withLookup<R>(_ body: (_ bin: (UInt32) -> Int) throws -> R) rethrows -> R {
    try table.withUnsafeBufferPointer { table in
      try body { key in
        let entry = table[FloatKey.cell(key)]
        let pieces = entry & 0xffff_ffff
        let piece = (UInt64(key & FloatKey.lowMask) &* pieces) >> 14
        return Int(truncatingIfNeeded: (entry >> 32) &+ piece)
      }
    }
  }

  /// The finite keys of a cell.
  private static func keys(of cell: Int) -> ClosedRange<UInt32> {
    let first = UInt32(cell) << FloatKey.lowBits
    return max(first, FloatKey.finite.lowerBound)...min(first | FloatKey.lowMask, FloatKey.finite.upperBound)
  }

  private static func share(_ count: Int, _ keys: ClosedRange<UInt32>) -> Double {
    let width = Double(FloatKey.value(keys.upperBound)) - Double(FloatKey.value(keys.lowerBound))
    return cbrt(Double(count) * width * width)
  }

  private static func edges(of piece: UInt64, of pieces: UInt64, from first: UInt32) -> (left: Float, right: Float)
  {
    // The least low bits whose product with `pieces`, shifted, is `piece`.
    func start(_ piece: UInt64) -> UInt32 { UInt32((piece << 14 + pieces - 1) / pieces) }
    let base = first & ~FloatKey.lowMask
    return (FloatKey.value(base | start(piece)), FloatKey.value(base | (start(piece + 1) - 1)))
  }
}
