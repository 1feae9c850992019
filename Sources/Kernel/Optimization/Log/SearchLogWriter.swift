import Bytes
import Glibc

/// Appends evaluations to a ``SearchLog`` as they are made, each with one write, so that an interrupted search loses at
/// most the line being written.
public final class SearchLogWriter {
  /// What to do with a file that exists.
  public enum Existing: Sendable {
    case refuse, replace
    /// Continue it: what `log` says is kept, with what a cut line left behind removed.
    case append(SearchLog)
  }

  public let path: String
  private let names: [String]
  private let clock: () -> time_t
  private var descriptor: Int32
  private var previous: Double

  /// Opens the log at `path` for evaluations of `space`.
  ///
  /// - Throws: ``KernelError`` `.cannotCreate` when it exists under `.refuse` or cannot be written.
  public convenience init(_ path: String, space: SearchSpace, existing: Existing = .refuse) throws {
    try self.init(path, names: space.names, existing: existing, clock: { time(nil) })
  }

  /// The same with another clock, in seconds since 1970.
  package init(_ path: String, names: [String], existing: Existing, clock: @escaping () -> time_t) throws {
    self.path = path
    self.names = names
    self.clock = clock
    var flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC
    var (kept, isEnded) = (0, true)
    previous = 0
    switch existing {
    case .refuse: flags |= O_EXCL
    case .replace: break
    case .append(let log):
      kept = log.byteCount
      isEnded = try SearchLogWriter.isEnded(path, at: kept)
      previous = log.evaluations.last?.elapsed ?? 0
    }
    descriptor = open(path, flags, 0o666)
    guard descriptor >= 0 else {
      guard errno == EEXIST else { throw SystemError().writing(path) }
      throw KernelError(.cannotCreate, path, "exists already", hint: "continue it, or use --force to replace it")
    }
    guard FileStatus(path)?.isRegular != true || ftruncate(descriptor, off_t(kept)) == 0 else {
      throw SystemError().writing(path)
    }
    if !isEnded { try write([UInt8(ascii: "\n")]) }
  }

  /// Whether the `count` bytes that a log begins with end with a line.
  private static func isEnded(_ path: String, at count: Int) throws -> Bool {
    try MappedFile(path).view.withUnsafeBytes { bytes in
      guard count <= bytes.count, !GzipReader.recognizes(bytes) else {
        throw KernelError(.cannotCreate, path, "is not the log that was read, or compressed", hint: "uncompress it")
      }
      return count == 0 || bytes[count - 1] == UInt8(ascii: "\n")
    }
  }

  deinit { close(descriptor) }

  /// Adds a line.
  public func append(_ evaluation: Evaluation) throws {
    precondition(evaluation.point.count == names.count, "a point of another space")
    var line: [UInt8] = []
    line.append(text: "{\"target\": ")
    line.append(jsonNumber: evaluation.target)
    line.append(text: ", \"params\": {")
    for (index, (name, value)) in zip(names, evaluation.point).enumerated() {
      if index > 0 { line.append(text: ", ") }
      line.append(jsonString: name)
      line.append(text: ": ")
      line.append(jsonNumber: value)
    }
    line.append(text: "}, \"datetime\": {\"datetime\": ")
    line.append(jsonString: SearchLogWriter.text(clock()))
    line.append(text: ", \"elapsed\": ")
    line.append(jsonNumber: SearchLogWriter.microseconds(evaluation.elapsed))
    line.append(text: ", \"delta\": ")
    line.append(jsonNumber: SearchLogWriter.microseconds(max(0, evaluation.elapsed - previous)))
    line.append(text: "}}\n")
    previous = evaluation.elapsed
    try write(line)
  }

  private func write(_ bytes: [UInt8]) throws {
    var done = 0
    while done < bytes.count {
      let written = bytes.withUnsafeBytes { bytes in
        retryingInterrupts { Glibc.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done) }
      }
      guard written > 0 else { throw SystemError(written == 0 ? EIO : errno).writing(path) }
      done += written
    }
  }

  /// Local time as `2019-10-12 20:46:52`.
  private static func text(_ time: time_t) -> String {
    var (time, parts) = (time, tm())
    localtime_r(&time, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
    return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func microseconds(_ seconds: Double) -> Double { (seconds * 1e6).rounded() / 1e6 }
}
