/// The numbers that codes stand for.
package struct Codebook: Equatable, Sendable {
  /// Bits of a code: 2 to 8.
  package let bits: Int
  /// 2^bits numbers, ascending, some perhaps equal. Codes are chosen by them in float64.
  package let levels: [Double]
  /// Whether the levels are even steps, so that codes can be computed.
  let isEven: Bool

  /// - Parameter levels: ascending, at least one and at most 2^bits; the last is repeated to fill the codebook.
  init(bits: Int, _ levels: [Double], isEven: Bool = false) {
    self.bits = bits
    self.isEven = isEven
    let missing = max(0, 1 << bits - levels.count)
    self.levels = levels + Array(repeating: levels.last ?? 0, count: missing)
  }

  /// What is stored, and what codes are turned into.
  package var stored: [Float] { levels.map { Float($0) } }

  /// Even steps from the least number to the largest, as numpy's `linspace` makes them in float64
  /// (specs: miha2018 §4).
  package static func uniform(_ tensor: WeightTensor, bits: Int) -> Codebook {
    let count = 1 << bits
    let start = Double(tensor.minimum)
    let step = (Double(tensor.maximum) - start) / Double(count - 1)
    var levels = (0..<count).map { Double($0) * step + start }
    levels[count - 1] = Double(tensor.maximum)
    return Codebook(bits: bits, levels, isEven: true)
  }

  /// The quantiles of `count` numbers at 0, 1/(levels − 1), …, 1, interpolated as numpy 1.x does in float64
  /// (specs: miha2018 §4).
  ///
  /// - Parameters:
  ///   - levels: how many, at least 2.
  ///   - count: how many numbers there are, at least 1.
  ///   - values: the numbers at some ranks, which are ascending.
  static func quantiles(_ levels: Int, of count: Int, values: ([Int]) throws -> [Float]) rethrows -> [Double] {
    let positions = (0..<levels).map { Double($0) * (1 / Double(levels - 1)) * Double(count - 1) }
    let below = positions.map { min(Int($0), count - 1) }
    let ranks = Set(below + below.map { min($0 + 1, count - 1) }).sorted()
    let byRank = Dictionary(uniqueKeysWithValues: zip(ranks, try values(ranks)))
    return zip(positions, below).map { position, rank in
      let weight = position - Double(rank)
      let low = Double(byRank[rank] ?? 0)
      let high = Double(byRank[min(rank + 1, count - 1)] ?? 0)
      return low * (1 - weight) + high * weight
    }
  }
}
