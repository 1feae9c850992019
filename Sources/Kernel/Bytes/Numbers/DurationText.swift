/// A stretch of time in words.
package enum DurationText {
  /// `3 s`, `2 min 05 s`, `1 h 02 min`.
  package static func of(seconds: Double) -> String {
    guard seconds < 1e9 else { return "ages" }
    let whole = Int(max(0, seconds).rounded())
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
    return "\(whole / 3600) h \(padded(whole % 3600 / 60)) min"
  }
}
