/// The arithmetic and wording of a progress display; knows no clock and no terminal.
struct ProgressMeter {
  let label: String
  /// Seconds between two displays.
  let interval: Double
  private let start: Double
  private var lastShown: Double
  private var done = 0

  /// A meter that first speaks a second after `start`, so that short work stays silent.
  init(_ label: String, interval: Double, start: Double) {
    self.label = label
    self.interval = interval
    self.start = start
    lastShown = start + 1 - interval
  }

  /// What to show at `now`, or `nil` when the last display is recent enough.
  mutating func update(done: Int, total: Int, now: Double) -> String? {
    self.done = max(self.done, done)
    guard now - lastShown >= interval, total > 0 else { return nil }
    lastShown = now
    let percent = Int(Double(self.done) / Double(total) * 100)
    var text = "\(label): \(percent) % of \(ByteSize(total))"
    if let rate = rate(at: now) {
      let left = Double(max(0, total - self.done)) / rate
      text += ", \(ByteSize(Int(rate)))/s, \(ProgressMeter.duration(left)) left"
    }
    return text
  }

  /// What to say at the end.
  func summary(now: Double) -> String {
    let text = "\(label): \(ByteSize(done)) in \(ProgressMeter.duration(now - start))"
    return rate(at: now).map { "\(text), \(ByteSize(Int($0)))/s" } ?? text
  }

  /// Bytes per second so far, once it means something.
  private func rate(at now: Double) -> Double? {
    let elapsed = now - start
    guard elapsed > 0.001, done > 0 else { return nil }
    return Double(done) / elapsed
  }

  /// `3 s`, `2 min 05 s`, `1 h 02 min`.
  static func duration(_ seconds: Double) -> String {
    guard seconds < 1e9 else { return "ages" }
    let whole = Int(max(0, seconds).rounded())
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
    return "\(whole / 3600) h \(padded(whole % 3600 / 60)) min"
  }
}
