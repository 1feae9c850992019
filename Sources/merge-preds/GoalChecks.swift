import Bytes
import Optimization
import Predictions
import Terminal

/// What is looked at before a search.
extension Goal {
  /// Warns of files that do not have all videos, or classes, of the ground truth.
  func warnOfGaps(_ files: [String], _ diagnostics: Diagnostics) {
    for (file, count) in zip(files, lackingCounts) where count > 0 {
      diagnostics.warning("\(file): nothing for \(counted(count)) of the ground truth")
    }
  }

  private var lackingCounts: [Int] {
    switch kind {
    case .videos(let joined): joined.lackingCounts
    case .segments(let joined): joined.lackingCounts
    }
  }

  /// `7 videos`, `1 class`
  private func counted(_ count: Int) -> String {
    if case .videos = kind { return merge_preds.counted(count, "video") }
    return count == 1 ? "1 class" : "\(count) classes"
  }

  /// Warns of a log that begins with another value than the goal has there.
  func warnOfOtherRun(_ log: SearchLog, _ path: String, modelCount: Int, _ diagnostics: Diagnostics) throws {
    guard let first = log.evaluations.first, first.point.count >= modelCount else { return }
    guard first.point.prefix(modelCount).allSatisfy({ $0 >= 0 && $0.isFinite }) else { return }
    let value = try value(first.point, modelCount: modelCount)
    guard abs(value - first.target) > 1e-6 else { return }
    let format = NumberFormat.fixed(6)
    diagnostics.warning(
      "\(path): begins with \(name) \(format.text(first.target)), which is \(format.text(value)) with these files and "
        + "options; is it of another run?")
  }
}
