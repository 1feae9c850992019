import Bytes
import Synchronization

extension Workers {
  /// The results of `body` for every task, in order, for tasks whose sizes are known and differ much.
  ///
  /// Large tasks come first, one after another, and may use all threads themselves; then small ones side by side
  /// with one thread each. So neither one huge tensor nor a million tiny ones leaves a core idle, and no more than
  /// one large tensor is at hand at a time.
  func map<R: Sendable>(
    sizes: [Int], _ body: @escaping @Sendable (_ task: Int, _ workers: Workers) throws -> R
  ) throws -> [R] {
    let limit = 8 << 20
    let isLarge = sizes.map { $0 > limit }
    var results = [R?](repeating: nil, count: sizes.count)
    for task in sizes.indices where isLarge[task] { results[task] = try body(task, self) }
    let small = sizes.indices.filter { !isLarge[$0] }
    // Neighbours go together: handing out a million tasks one by one would cost more than they do.
    let runs = Workers.runs(of: small.map { sizes[$0] }, upTo: limit / 8)
    let made = try map(runs.count) { run in try runs[run].map { try body(small[$0], Workers(1)) } }
    for (task, result) in zip(small, made.joined()) { results[task] = result }
    return results.compactMap { $0 }
  }

  /// Stretches of `sizes` of up to `limit` bytes and 256 members.
  private static func runs(of sizes: [Int], upTo limit: Int) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start = 0
    var sum = 0
    for (index, size) in sizes.enumerated() {
      if index > start, sum + size > limit || index - start >= 256 {
        runs.append(start..<index)
        (start, sum) = (index, 0)
      }
      sum += size
    }
    if start < sizes.count { runs.append(start..<sizes.count) }
    return runs
  }
}

/// Bytes done so far, counted by many threads and passed on to whoever shows progress.
package final class WorkMeter: Sendable {
  private let total: Int
  private let report: @Sendable (_ done: Int, _ total: Int) -> Void
  private let done = Atomic<Int>(0)

  package init(total: Int, _ report: @escaping @Sendable (_ done: Int, _ total: Int) -> Void) {
    self.total = total
    self.report = report
  }

  package func add(_ byteCount: Int) {
    report(done.wrappingAdd(byteCount, ordering: .relaxed).newValue, total)
  }
}

extension Sequence<Int> {
  /// The sum of counts; `Int.max` where a hostile file makes it overflow.
  package var saturatedSum: Int {
    reduce(0) { sum, count in
      let (result, overflow) = sum.addingReportingOverflow(count)
      return overflow ? .max : result
    }
  }
}
