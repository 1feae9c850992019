import Glibc
import Synchronization

/// How many threads a piece of work may use.
public struct Workers: Sendable, Equatable {
  public let count: Int

  /// `count` threads, or one per available core when `nil`; at least 1 and at most 64 or the number of cores, since
  /// each may need memory of its own and more than there are cores gain nothing.
  public init(_ count: Int? = nil) {
    self.count = min(max(1, count ?? Workers.availableCores), max(64, Workers.availableCores))
  }

  private static let availableCores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

  /// Calls `body` once for every index below `taskCount`, on up to ``count`` threads, and waits for all.
  ///
  /// Indices are handed out in order. When bodies throw, the error of the lowest index is rethrown (the same on
  /// every run, whatever the thread count) and indices after it may be skipped.
  public func run(_ taskCount: Int, _ body: @escaping @Sendable (Int) throws -> Void) throws {
    try run(taskCount, body, meanwhile: {})
  }

  /// The same, while the caller's own thread first does something else, whose error comes before those of the bodies.
  package func run(
    _ taskCount: Int, _ body: @escaping @Sendable (Int) throws -> Void, meanwhile: () throws -> Void
  ) throws {
    guard taskCount > 1, count > 1 else {
      try meanwhile()
      for index in 0..<taskCount { try body(index) }
      return
    }
    let job = Job(taskCount: taskCount, body: body)
    var threads: [pthread_t] = []
    for _ in 1..<min(count, taskCount) {
      var thread = pthread_t()
      let handle = Unmanaged.passRetained(job)
      let status = pthread_create(
        &thread, nil,
        {
          Unmanaged<Job>.fromOpaque($0!).takeRetainedValue().drain(); return nil
        }, handle.toOpaque())
      // Fewer threads than asked for only cost time: the caller's own thread drains what is left.
      if status == 0 { threads.append(thread) } else { handle.release() }
    }
    let other = Result { try meanwhile() }
    if case .failure(let error) = other { job.failure.withLock { $0 = (-1, error) } }
    job.drain()
    for thread in threads { pthread_join(thread, nil) }
    try other.get()
    if let error = job.failure.withLock({ $0?.error }) { throw error }
  }

  /// The results of `body` for every index below `taskCount`, in order.
  public func map<R: Sendable>(_ taskCount: Int, _ body: @escaping @Sendable (Int) throws -> R) throws -> [R] {
    try map(taskCount, body, meanwhile: {})
  }

  /// The same, while the caller's own thread first does something else, whose error comes before those of the bodies.
  package func map<R: Sendable>(
    _ taskCount: Int, _ body: @escaping @Sendable (Int) throws -> R, meanwhile: () throws -> Void
  ) throws -> [R] {
    let results = Mutex<[R?]>(Array(repeating: nil, count: taskCount))
    try run(
      taskCount,
      { index in
        let result = try body(index)
        results.withLock { $0[index] = result }
      }, meanwhile: meanwhile)
    return results.withLock { $0.compactMap { $0 } }
  }
}

private final class Job: Sendable {
  let taskCount: Int
  let body: @Sendable (Int) throws -> Void
  let next = Atomic<Int>(0)
  let failure = Mutex<(index: Int, error: any Error)?>(nil)

  init(taskCount: Int, body: @escaping @Sendable (Int) throws -> Void) {
    self.taskCount = taskCount
    self.body = body
  }

  func drain() {
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < taskCount, failure.withLock({ $0.map { index < $0.index } ?? true }) else { return }
      do { try body(index) } catch {
        failure.withLock { if $0.map({ index < $0.index }) ?? true { $0 = (index, error) } }
      }
    }
  }
}
