import Synchronization

/// Adds up what several threads have done, for a progress display.
final class ByteCounter: Sendable {
  private let count = Atomic(0)
  private let report: @Sendable (Int) -> Void

  init(_ report: @escaping @Sendable (Int) -> Void) { self.report = report }

  func add(_ byteCount: Int) { report(count.wrappingAdd(byteCount, ordering: .relaxed).newValue) }
}
