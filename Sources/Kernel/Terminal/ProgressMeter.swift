import Bytes

/// The arithmetic and wording of a progress display; knows no clock and no terminal.
struct ProgressMeter {
  let label: String
  /// Seconds between two displays.
  let interval: Double
  private let start: Double
  private var lastShown: Double
  private var done = 0
  /// What the rate is told in, when not in bytes.
  private var items: (count: Int, noun: String)?

  /// A meter that first speaks a second after `start`, so that short work stays silent.
  init(_ label: String, interval: Double, start: Double) {
    self.label = label
    self.interval = interval
    self.start = start
    lastShown = start + 1 - interval
  }

  /// What to show at `now`, or `nil` when the last display is recent enough.
  ///
  /// - Parameter items: what was done in other units than bytes, for the rate.
  mutating func update(
    done: Int, total: Int, now: Double, items: (count: Int, noun: String)? = nil
  ) -> String? {
    self.done = max(self.done, done)
    self.items = items ?? self.items
    guard now - lastShown >= interval, total > 0 else { return nil }
    lastShown = now
    let percent = Int(Double(self.done) / Double(total) * 100)
    var text = "\(label): \(percent) % of \(ByteSize(total))"
    if let rate = rate(at: now) {
      let left = Double(max(0, total - self.done)) / rate
      text += ", \(shown(rate, at: now)), \(DurationText.of(seconds: left)) left"
    }
    return text
  }

  /// What to say at the end.
  func summary(now: Double) -> String {
    let amount = items.map { "\($0.count) \($0.noun)" } ?? "\(ByteSize(done))"
    let text = "\(label): \(amount) in \(DurationText.of(seconds: now - start))"
    return rate(at: now).map { "\(text), \(shown($0, at: now))" } ?? text
  }

  /// The rate in bytes or in items, which have one decimal when they are slow.
  private func shown(_ rate: Double, at now: Double) -> String {
    guard let items else { return "\(ByteSize(Int(rate)))/s" }
    let tenths = Int(min(Double(items.count) / (now - start) * 10, 1e15))
    return (tenths < 1000 ? "\(tenths / 10).\(tenths % 10)" : "\(tenths / 10)") + " \(items.noun)/s"
  }

  /// Bytes per second so far, once it means something.
  private func rate(at now: Double) -> Double? {
    let elapsed = now - start
    guard elapsed > 0.001, done > 0 else { return nil }
    return Double(done) / elapsed
  }
}
