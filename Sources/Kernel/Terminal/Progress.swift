import Glibc
import Synchronization

/// How far long work has come, on standard error: rate and time left.
///
///     let progress = flags.start("averaging", quietOptions)
///     defer { progress.finish() }
///     try average(checkpoints, progress: progress.report)
///
/// Work that takes less than a second stays silent.
package final class Progress: Sendable {
  /// How it is shown.
  package enum Style: Sendable {
    case none
    /// One line that changes in place; for terminals.
    case status
    /// A line each second, and one at the end.
    case lines
  }

  private let style: Style
  private let output: StandardError
  private let meter: Mutex<ProgressMeter>

  package init(_ label: String, style: Style, output: StandardError = .shared) {
    self.style = style
    self.output = output
    let meter = ProgressMeter(label, interval: style == .status ? 0.1 : 1, start: Progress.now)
    self.meter = Mutex(meter)
  }

  /// What library calls take: bytes done so far, and bytes in all. May be called from any thread, as often as it
  /// suits the work.
  package var report: @Sendable (_ doneBytes: Int, _ totalBytes: Int) -> Void {
    { [self] in update(done: $0, total: $1) }
  }

  /// The same for work whose rate is told in something else than bytes, as in `31.4 videos/s`.
  ///
  /// - Parameter noun: what `count` counts, in the plural.
  package func report(_ doneBytes: Int, of totalBytes: Int, _ count: Int, _ noun: String) {
    update(done: doneBytes, total: totalBytes, items: (count, noun))
  }

  private func update(done: Int, total: Int, items: (count: Int, noun: String)? = nil) {
    guard style != .none else { return }
    meter.withLock { meter in
      guard let text = meter.update(done: done, total: total, now: Progress.now, items: items) else { return }
      if style == .status { output.setStatus(text) } else { output.line(text) }
    }
  }

  /// Ends the display; call it also when the work failed.
  package func finish() {
    switch style {
    case .none: break
    case .status: output.setStatus(nil)
    case .lines: output.line(meter.withLock { $0.summary(now: Progress.now) })
    }
  }

  /// Seconds of a clock that nobody sets back.
  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
