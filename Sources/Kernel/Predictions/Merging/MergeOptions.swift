import Bytes

/// What ``PredictionMerge`` does.
package struct MergeOptions: Equatable, Sendable {
  /// What stands for the score of a label that a file does not have in a video's row; a file without the row has none of
  /// its labels.
  package enum MissingLabels: String, Sendable, CaseIterable {
    /// Zero, as for a model that gave it a score below its best twenty.
    case zero
    /// The plain mean of the scores that the other files give it.
    case mean
    /// Nothing: the weights of the files that have it count as all.
    case rescale
  }

  /// Which videos get a row.
  package enum Rows: String, Sendable, CaseIterable {
    /// Those of any file: in the order of the first, then those that only the second has, and so on.
    case union
    /// Those that all files have.
    case intersection
    /// Those of the first file.
    case first
  }

  /// Which of two labels with the same score comes first.
  package enum Ties: Sendable {
    case smallerLabel
    /// The one mentioned first, over the files and then the row.
    case firstMention
  }

  package var rule = MergeRule.mean
  /// A weight for each file; equal ones when empty.
  package var weights: [Double] = []
  package var missing = MissingLabels.zero
  package var rows = Rows.union
  package var ties = Ties.smallerLabel
  /// The most pairs that a row gets.
  package var topK = 20
  package var format = NumberFormat.reference
  /// The first line of the result; that of the first file when `nil`.
  package var header: [UInt8]?

  package init() {}

  /// What `file_averaging.py` of the 2017 winner does, to the last digit (specs: willow_boliu §3).
  package static var fileAveraging: MergeOptions {
    var options = MergeOptions()
    options.rule = .fileAveraging
    options.ties = .firstMention
    options.format = .fixed(6)
    options.header = Array("VideoID,LabelConfidencePairs".utf8)
    return options
  }

  /// The weights of `count` files.
  ///
  /// - Throws: ``KernelError`` `.usage` when there are not that many, one is negative or not finite, or all are 0.
  static func checked(_ weights: [Double], count: Int) throws -> [Double] {
    guard !weights.isEmpty else { return Array(repeating: 1, count: count) }
    guard weights.count == count else {
      throw KernelError(
        .usage, "",
        "\(weights.count) \(weights.count == 1 ? "weight" : "weights") for "
          + (count == 1 ? "1 file" : "\(count) files"),
        hint: "give one for each file")
    }
    for weight in weights where !(weight >= 0 && weight.isFinite) {
      throw KernelError(.usage, "", "a weight of \(weight)", hint: "weights are numbers from 0")
    }
    let sum = weights.reduce(0, +)
    guard sum > 0, sum.isFinite else { throw KernelError(.usage, "", "the weights sum to \(sum)") }
    return weights
  }
}
