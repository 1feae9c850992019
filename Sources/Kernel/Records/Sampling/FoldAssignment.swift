import Bytes

/// The folds of a cross-validation over files, as the 2017 solution's `split_fold` makes them (specs: miha2018 §12),
/// which are those of scikit-learn's `KFold`.
package struct FoldAssignment: Sendable, Equatable {
  /// The files of one fold, as positions in the list, ascending.
  package struct Fold: Sendable, Equatable {
    package let train: [Int]
    package let test: [Int]
  }

  package let folds: [Fold]

  /// Shuffles the positions unless `seed` is 0, and cuts them into `foldCount` stretches of sizes that differ by one at
  /// most, the larger ones first; fold f holds out the f-th.
  ///
  /// - Parameters:
  ///   - fileCount: at least `foldCount`, at most 2³² - 1.
  ///   - foldCount: at least 2.
  package init(fileCount: Int, foldCount: Int, seed: UInt32) {
    let count = UInt32(fileCount)
    var random = MersenneTwister(seed: seed)
    let order = seed == 0 ? Array(0..<count) : random.permutation(count)
    var start = 0
    folds = (0..<foldCount).map { fold in
      let size = fileCount / foldCount + (fold < fileCount % foldCount ? 1 : 0)
      defer { start += size }
      let held = Set(order[start..<(start + size)].map(Int.init))
      return Fold(train: (0..<fileCount).filter { !held.contains($0) }, test: held.sorted())
    }
  }

  /// The file of the validation set that goes with a training file: `train` becomes `validate` wherever it stands in
  /// the path; `nil` when it stands nowhere.
  package static func validationTwin(of path: String) -> String? {
    let parts = path.split(separator: "train", omittingEmptySubsequences: false)
    return parts.count > 1 ? parts.joined(separator: "validate") : nil
  }

  /// The paths of one side of a fold, each followed, after all of them, by its validation twins, as the reference
  /// passes them on.
  package static func paths(_ positions: [Int], of files: [String], withTwins: Bool) -> [String] {
    let chosen = positions.map { files[$0] }
    return withTwins ? chosen + chosen.compactMap(validationTwin) : chosen
  }
}
