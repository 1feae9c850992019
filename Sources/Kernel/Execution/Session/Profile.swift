import Glibc

/// How long each operator took, over all runs since counting began.
public struct Profile: Sendable {
  /// The nodes of one operator.
  public struct Entry: Sendable {
    public var op: String
    public var calls = 0
    public var seconds = 0.0
    /// Of all threads together.
    public var processorSeconds = 0.0
  }

  private var byOperator: [String: Entry] = [:]

  public init() {}

  /// The slowest first.
  public var entries: [Entry] {
    byOperator.values.sorted { ($1.seconds, $0.op) < ($0.seconds, $1.op) }
  }

  /// Counts one call, which began at `start`.
  mutating func add(_ op: String, since start: Moment) {
    let end = Moment()
    var entry = byOperator[op] ?? Entry(op: op)
    entry.calls += 1
    entry.seconds += end.seconds - start.seconds
    entry.processorSeconds += end.processorSeconds - start.processorSeconds
    byOperator[op] = entry
  }

  /// What the clocks say.
  struct Moment {
    let seconds = Moment.read(CLOCK_MONOTONIC)
    let processorSeconds = Moment.read(CLOCK_PROCESS_CPUTIME_ID)

    private static func read(_ clock: clockid_t) -> Double {
      var time = timespec()
      clock_gettime(clock, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
  }
}
