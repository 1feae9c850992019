import Bytes
import Glibc

/// How the scores that several files give one label of a video become one.
///
/// Every rule is a weighted mean of transformed scores, transformed back.
package enum MergeRule: Equatable, Sendable {
  /// Σ w·s / Σ w.
  case mean
  /// exp of the mean of log s; scores below ``leastProbability`` count as that much, so that one file cannot veto.
  case geometric
  /// The logistic function of the mean of log(s / (1 - s)), with scores kept ``leastProbability`` away from 0 and 1.
  case logit
  /// The mean of (n - i) / n, where i is the label's place (from 0) among the n of its row, best first.
  case rank
  /// The P-th root of the mean of s^P, 0 < P ≤ ``greatestPower``.
  case power(Double)
  /// The mean of w0 / (i + w0), i as for `rank`: the weight of a place in the 2019 9th place's ensemble (specs:
  /// tm_google §6.2).
  case place(w0: Double)
  /// `file_averaging.py` of the 2017 winner (specs: willow_boliu §3): the mean of scores cut to five decimals, of the
  /// first half of each row's pairs only.
  case fileAveraging

  /// The rules that a user can name.
  package enum Name: String, Sendable, CaseIterable {
    case mean, geometric, logit, rank, power, place

    /// What a rule's parameter is called in a weights file.
    package var parameterName: String? {
      switch self {
      case .power: "power"
      case .place: "w0"
      default: nil
      }
    }
  }

  /// `nil` for what is a published program's own.
  package var name: Name? {
    switch self {
    case .mean: .mean
    case .geometric: .geometric
    case .logit: .logit
    case .rank: .rank
    case .power: .power
    case .place: .place
    case .fileAveraging: nil
    }
  }

  /// The same rule with another parameter, if it has one.
  package func with(parameter: Double) -> MergeRule {
    switch self {
    case .power: .power(parameter)
    case .place: .place(w0: parameter)
    default: self
    }
  }

  /// What `geometric` and `logit` take for zero: about the smallest score that files hold.
  package static let leastProbability = 1e-6

  /// Beyond this the power of a score of 1e-6 is nothing even in 64 bits.
  static let greatestPower = 50.0

  /// Whether only the order of a row's labels matters, not their scores.
  var isByPlace: Bool {
    switch self {
    case .rank, .place: true
    default: false
    }
  }

  var isRank: Bool { self == .rank }

  /// What a label that a file does not have is transformed to if it is to be like the others.
  ///
  /// - Parameter mean: of the other files' scores; of their places for `place`, of the transformed ones for `rank`.
  func standIn(_ mean: Double) -> Double {
    switch self {
    case .rank: mean
    case .place(let w0): w0 / (mean + w0)
    default: transformed(mean, place: 0, of: 1)
    }
  }

  /// How many of a row's `count` pairs are read.
  func usedCount(of count: Int) -> Int { self == .fileAveraging ? (count + 1) / 2 : count }

  /// What a score of 0, or a label that a file does not have, is transformed to.
  var zero: Double {
    switch self {
    case .geometric: log(MergeRule.leastProbability)
    case .logit: MergeRule.logOdds(0)
    default: 0
    }
  }

  static func logOdds(_ score: Double) -> Double {
    let score = min(max(score, leastProbability), 1 - leastProbability)
    return log(score / (1 - score))
  }

  /// Transforms one score.
  ///
  /// - Parameters:
  ///   - place: the label's place in its row, best first.
  ///   - count: how many pairs the row has.
  @inline(__always)
  func transformed(_ score: Double, place: Int, of count: Int) -> Double {
    switch self {
    case .mean: score
    case .geometric: log(max(score, MergeRule.leastProbability))
    case .logit: MergeRule.logOdds(score)
    case .rank: Double(count - place) / Double(count)
    case .power(let exponent): pow(score, exponent)
    case .place(let w0): w0 / (Double(place) + w0)
    case .fileAveraging: (100_000 * score).rounded(.towardZero)
    }
  }

  /// What `transformed` does, undone; of a score by place the transformed one itself.
  @inline(__always)
  func restored(_ value: Double) -> Double {
    switch self {
    case .mean, .rank, .place: value
    case .geometric: exp(value)
    case .logit: 1 / (1 + exp(-value))
    case .power(let exponent): pow(value, 1 / exponent)
    case .fileAveraging: value / 100_000
    }
  }

  /// Tells what is wrong with a score, or `nil`.
  @inline(__always)
  func fault(_ score: Double) -> String? {
    switch self {
    case .geometric, .power: score < 0 ? "a score below 0, which has no such mean" : nil
    case .logit: score < 0 || score > 1 ? "a score outside 0 to 1, which has no log-odds" : nil
    default: nil
    }
  }

  /// - Throws: ``KernelError`` `.usage` when a number makes no sense.
  package func check() throws {
    switch self {
    case .power(let exponent) where !(exponent > 0 && exponent <= MergeRule.greatestPower):
      throw KernelError(
        .usage, "", "a power of \(exponent)",
        hint:
          "give one above 0, to 50; the limit at 0 is geometric, and beyond 50 little but the greatest score counts"
      )
    case .place(let w0) where !(w0 > 0 && w0.isFinite):
      throw KernelError(.usage, "", "w0 must be above 0, not \(w0)")
    default: break
    }
  }
}
