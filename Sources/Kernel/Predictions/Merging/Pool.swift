import Synchronization

/// Values that threads use in turn and that are kept for the next one.
final class Pool<Value: Sendable>: Sendable {
  private let free = Mutex<[Value]>([])
  private let make: @Sendable () -> Value

  init(_ make: @escaping @Sendable () -> Value) { self.make = make }

  /// Calls `body` with a value that nobody else has.
  func with<R>(_ body: (inout Value) throws -> R) rethrows -> R {
    var value = free.withLock { $0.popLast() } ?? make()
    defer { free.withLock { $0.append(value) } }
    return try body(&value)
  }
}
