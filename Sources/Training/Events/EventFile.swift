import Bytes
import Glibc
import Records

/// A file of events that TensorBoard reads while it grows (`events.out.tfevents.TIME.HOST`): records as TFRecord frames
/// them, the first of which tells the version.
package final class EventFile {
  package let path: String
  private let descriptor: Int32
  private let clock: () -> Double

  /// Starts a file in `folder`; one that is there already is left alone.
  ///
  /// - Parameter clock: seconds since 1970.
  /// - Throws: ``KernelError`` `.cannotCreate` when it cannot be written.
  package init(in folder: String, clock: @escaping () -> Double = EventFile.now) throws {
    self.clock = clock
    let time = clock()
    let digits = String(Int(time))
    let stem = "events.out.tfevents.\(String(repeating: "0", count: max(0, 10 - digits.count)))\(digits)."
    var (path, descriptor) = ("", Int32(-1))
    for attempt in 0..<1000 {
      path = Path.join(folder, stem + EventFile.hostName + (attempt == 0 ? "" : ".\(attempt)"))
      descriptor = retryingInterrupts { open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666) }
      guard descriptor < 0, errno == EEXIST else { break }
    }
    guard descriptor >= 0 else { throw SystemError().writing(path) }
    (self.path, self.descriptor) = (path, descriptor)
    try append(SummaryEvent.versionMessage(time: time))
  }

  deinit { close(descriptor) }

  /// Adds what is known of a step; nothing when that is nothing.
  package func write(_ event: SummaryEvent, step: Int) throws {
    if !event.isEmpty { try append(event.message(step: step, time: clock())) }
  }

  private func append(_ payload: [UInt8]) throws {
    var record: [UInt8] = []
    record.append(recordOf: payload)
    var rest = record[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { bytes in
        retryingInterrupts { Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
      }
      guard written > 0 else { throw SystemError(written == 0 ? EIO : errno).writing(path) }
      rest = rest.dropFirst(written)
    }
  }

  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Seconds since 1970.
  package static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
