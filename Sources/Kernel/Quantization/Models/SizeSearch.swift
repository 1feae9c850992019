import Bytes
import Models

/// Finds the way to store each tensor with which a whole model fits a size and has least error.
///
/// A tensor's bytes are not all that it takes: there are the nodes that decode it, its entries in the index and in the
/// graph's saver. Their bytes are counted by making the model with nothing changed but that tensor; then only the
/// digits in names and the lengths of lists are left to be wrong by. A choice is taken when the model made with it fits,
/// so the result always fits, has the least error of all ``SizeChoice`` that do, and never more error at a larger size.
///
/// Time: a graph is made for each tensor and way to store it, and for each choice that is tried.
struct SizeSearch {
  /// How far the sum of what tensors take by themselves may be from what they take together, for each tensor.
  private static let slack = 24
  /// How many choices to try for telling the least size, when nothing fits.
  private static let trials = 64

  /// For each tensor the ways to store it, the first of which changes nothing.
  let options: [[StoredTensor]]
  /// The plan with these choices; the graph is written anew even where nothing is to be changed if `isRewritten`.
  let make: (_ stored: [StoredTensor], _ isRewritten: Bool) throws -> ModelPlan

  /// The choices to take, or the least size when none fits.
  enum Outcome {
    case fits([StoredTensor], isRewritten: Bool)
    case takesAtLeast(Int)
  }

  func run(_ limit: Int) throws -> Outcome {
    let unchanged = options.map { $0[0] }
    let unchangedSize = try make(unchanged, false).byteCount()
    if unchangedSize <= limit { return .fits(unchanged, isRewritten: false) }
    // Without the list of operators' signatures, which every change removes.
    let base = try make(unchanged, true).byteCount()
    let choice = SizeChoice(try sizes(beside: unchanged, base), slack: slack)
    let candidates = choice.candidates
    for candidate in candidates where base + candidate.bytes <= limit + slack {
      let stored = stored(choice.picks(of: candidate))
      if try make(stored, true).byteCount() <= limit { return .fits(stored, isRewritten: true) }
    }
    let smallest = candidates.sorted { $0.bytes < $1.bytes }.prefix(SizeSearch.trials)
    let least = try smallest.map { try make(stored(choice.picks(of: $0)), true).byteCount() }.min()
    return .takesAtLeast(min(least ?? unchangedSize, unchangedSize))
  }

  private var slack: Int { SizeSearch.slack * options.count }

  private func stored(_ picks: [Int]) -> [StoredTensor] { zip(options, picks).map { $0[$1] } }

  /// What each way to store a tensor adds to the model.
  private func sizes(beside unchanged: [StoredTensor], _ base: Int) throws -> [[SizeChoice.Option]] {
    try options.enumerated().map { number, options in
      try options.map { option in
        guard option.storage != nil else { return SizeChoice.Option(bytes: 0, error: 0) }
        var stored = unchanged
        stored[number] = option
        return SizeChoice.Option(
          bytes: try make(stored, true).byteCount() - base, error: option.errors.squares)
      }
    }
  }
}
