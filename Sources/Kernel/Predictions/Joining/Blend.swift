import Bytes
import Glibc

/// The weighted sums over the columns of a ``JoinedTable`` for one choice of weights.
struct Blend: Sendable {
  private let table: JoinedTable
  private let weights: [Float]
  private let rescales: Bool
  /// The models that count, a bit for each, where not all do.
  private let counting: UInt64?
  /// With its parameter.
  private let rule: MergeRule

  init(_ table: JoinedTable, _ options: JoinOptions, weights: [Double], parameter: Double?) {
    self.table = table
    let total = weights.reduce(0, +)
    self.weights = weights.map { Float($0 / total) }
    let bits = weights.enumerated().reduce(0 as UInt64) { $0 | ($1.element > 0 ? 1 << UInt64($1.offset) : 0) }
    counting = weights.allSatisfy { $0 > 0 } ? nil : bits
    rescales = options.missing == .rescale
    rule = parameter.map { options.rule.with(parameter: $0) } ?? options.rule
  }

  /// Where the pairs of each video begin, and where the last one's end.
  var offsets: [Int] { table.offsets }

  /// Whether a pair is right.
  @inline(__always)
  func isHit(_ pair: Int) -> Bool { table.hits[pair] }

  /// The merged score that a sum stands for.
  func score(_ sum: Float) -> Float { highPower == nil ? Float(rule.restored(Double(sum))) : sum }

  /// The P of a power mean if the P-th power of a score such as 1e-6 is nothing in 32 bits.
  private var highPower: Float? {
    if case .power(let exponent) = rule, exponent > 6 { Float(exponent) } else { nil }
  }

  /// Stands for the sum of a label that no model with a weight has.
  static let absent = -Float.greatestFiniteMagnitude

  /// Fills `sums` with a number for each of the pairs `range` that grows with its merged score, or ``absent``.
  func sum(_ range: Range<Int>, into sums: UnsafeMutableBufferPointer<Float>) {
    guard !range.isEmpty, let out = sums.baseAddress else { return }
    out.update(repeating: 0, count: range.count)
    if let highPower {
      sumHighPowers(highPower, range, out)
    } else if rescales {
      sumRescaled(range, out)
    } else {
      sumAll(range, out)
    }
    guard let counting else { return }
    for index in 0..<range.count where table.models[range.lowerBound + index] & counting == 0 {
      out[index] = Blend.absent
    }
  }

  private func sumAll(_ range: Range<Int>, _ out: UnsafeMutablePointer<Float>) {
    for (model, weight) in weights.enumerated() where weight != 0 {
      table.columns[model].withUnsafeBufferPointer { column in
        guard let values = column.baseAddress.map({ $0 + range.lowerBound }) else { return }
        switch rule {
        case .power(let exponent):
          let exponent = Float(exponent)
          for index in 0..<range.count { out[index] += weight * powf(values[index], exponent) }
        case .place(let w0):
          let w0 = Float(w0)
          let numerator = weight * w0
          for index in 0..<range.count { out[index] += numerator / (values[index] + w0) }
        default: for index in 0..<range.count { out[index] += weight * values[index] }
        }
      }
    }
  }

  /// The same where only the models that have a label count.
  private func sumRescaled(_ range: Range<Int>, _ out: UnsafeMutablePointer<Float>) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count) { totals in
      totals.initialize(repeating: 0)
      for (model, weight) in weights.enumerated() where weight != 0 {
        table.columns[model].withUnsafeBufferPointer { column in
          for index in 0..<range.count {
            let value = column[range.lowerBound + index]
            guard !value.isNaN else { continue }
            totals[index] += weight
            switch rule {
            case .power(let exponent): out[index] += weight * powf(value, Float(exponent))
            case .place(let w0): out[index] += weight * Float(w0) / (value + Float(w0))
            default: out[index] += weight * value
            }
          }
        }
      }
      for index in 0..<range.count where totals[index] > 0 { out[index] /= totals[index] }
    }
  }

  /// The power means themselves, of scores as parts of the greatest of a pair, so that not all powers are 0.
  private func sumHighPowers(_ exponent: Float, _ range: Range<Int>, _ out: UnsafeMutablePointer<Float>) {
    let used = weights.indices.filter { weights[$0] != 0 }
    for index in 0..<range.count {
      let pair = range.lowerBound + index
      var greatest: Float = 0
      for model in used where table.columns[model][pair] > greatest { greatest = table.columns[model][pair] }
      guard greatest > 0 else { continue }
      var (sum, total) = (Float(0), Float(0))
      for model in used where !table.columns[model][pair].isNaN {
        sum += weights[model] * powf(table.columns[model][pair] / greatest, exponent)
        total += weights[model]
      }
      out[index] = greatest * powf(sum / total, 1 / exponent)
    }
  }
}
