import Predictions
import Terminal

/// What is said of a merge on standard error: which files lack what.
struct MergeNotes {
  private let diagnostics: Diagnostics

  init(_ diagnostics: Diagnostics) { self.diagnostics = diagnostics }

  func tell(_ report: PredictionMerge.Report, _ names: [String]) {
    if report.partialCount > 0 {
      diagnostics.warning(
        "\(report.partialCount) of \(counted(report.rowCount, "video")) not in all files: "
          + list(names, report.lacking) { "\($0) lacks \($1)" })
    }
    if report.leftOut.contains(where: { $0 > 0 }) {
      diagnostics.warning("left out: " + list(names, report.leftOut) { "\($1) of \($0)" })
    }
    diagnostics.detail(counted(report.rowCount, "video"))
  }

  func tell(_ report: SegmentMerge.Report, _ names: [String], template: String?) {
    if report.partialCount > report.filled.count {
      diagnostics.warning(
        "\(report.partialCount) of \(classes(report.classCount)) not in all files: "
          + list(names, report.lacking) { "\($0) lacks \($1)" })
    }
    if !report.filled.isEmpty {
      diagnostics.warning(
        "took the line of \(template ?? "the template") for "
          + classes(report.filled.count) + ": " + listed(report.filled))
    }
    if !report.leftOut.isEmpty {
      diagnostics.warning(
        "left out \(classes(report.leftOut.count)): " + listed(report.leftOut))
    }
    diagnostics.detail(classes(report.classCount))
  }

  private func list(_ names: [String], _ counts: [Int], _ phrase: (String, Int) -> String) -> String {
    zip(names, counts).filter { $0.1 > 0 }.map { phrase($0.0, $0.1) }.joined(separator: ", ")
  }

  private func listed(_ labels: [Int32]) -> String {
    labels.prefix(20).map(String.init).joined(separator: ", ") + (labels.count > 20 ? ", …" : "")
  }

  private func classes(_ count: Int) -> String { count == 1 ? "1 class" : "\(count) classes" }
}
