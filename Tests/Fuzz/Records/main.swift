import Bytes
import Glibc
import Records

// libFuzzer's target for records: whatever the bytes are, reading ends in records or a KernelError, and what can be
// shown can be read again. `make fuzz` runs it. The first byte chooses what the others are.

private struct Failure: Error {}

/// Calls `body` with the path of a file in memory that holds `bytes`.
private func withFile(_ bytes: UnsafeRawBufferPointer, _ body: (String) throws -> Void) throws {
  let path = "/dev/shm/fuzz-records.\(getpid()).in"
  let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  guard descriptor >= 0, write(descriptor, bytes.baseAddress, bytes.count) == bytes.count else { throw Failure() }
  close(descriptor)
  defer { unlink(path) }
  try body(path)
}

/// Records are read with and without damage being passed over, and both must agree on sound files.
private func readFile(_ path: String) throws {
  let verification = try? RecordVerification(path, Workers(1))
  if let writer = try? RecordWriter(path + ".repaired", existing: .replace),
    let repair = try? RecordRepair(path, into: writer), let verification, verification.faults.isEmpty
  {
    check(repair.recordCount == verification.recordCount, "repair lost records of a sound file")
  }
  let reader = try RecordReader(path)
  while let chunk = try reader.next() { chunk.forEach(0..<chunk.count) { walk($0.payload) } }
}

/// All that looks into a message.
private func walk(_ payload: UnsafeRawBufferPointer) {
  var summary = RecordSummary()
  summary.add(payload)
  var text: [UInt8] = []
  if RecordJSON.append(payload, to: &text) {
    var reader = RecordJSONReader()
    guard let back = text.withUnsafeBytes({ try? reader.payload(of: $0) }) else {
      return check(false, "what was shown cannot be read")
    }
    var again: [UInt8] = []
    check(back.withUnsafeBytes { RecordJSON.append($0, to: &again) }, "what was read cannot be shown")
    check(again == text, "a second trip changes the record")
  }
  guard let video = try? Video(payload) else { return }
  for level in [VideoSchema.Level.video, .frame] {
    let schema = VideoSchema(
      level: level, inputs: [.init(level == .video ? "mean_rgb" : "rgb", size: 24)], maxFrames: 8)
    var row = [Float](repeating: 0, count: level == .video ? 24 : 8 * 24)
    row.withUnsafeMutableBufferPointer { _ = try? video.read(schema, into: $0) }
  }
  _ = try? VideoColumns.appendSegments(of: video.message, to: &text)
}

private func readLine(_ bytes: UnsafeRawBufferPointer) {
  var reader = RecordJSONReader()
  guard let payload = try? reader.payload(of: bytes) else { return }
  payload.withUnsafeBytes { walk($0) }
}

/// Stops the process, as libFuzzer wants to be told.
private func check(_ holds: Bool, _ claim: StaticString) {
  guard !holds else { return }
  print("claim broken:", claim)
  abort()
}

private func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: data, count: count)
  guard let choice = bytes.first else { return 0 }
  let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
  switch choice {
  case UInt8(ascii: "f"): try? withFile(rest, readFile)
  case UInt8(ascii: "m"): walk(rest)
  case UInt8(ascii: "j"): readLine(rest)
  default: return -1  // Not worth keeping.
  }
  return 0
}

/// libFuzzer's loop (compiler-rt's `FuzzerInterface.h`), which parses the arguments.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ fuzz: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

var argumentCount = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(runDriver(&argumentCount, &arguments) { fuzz($0, $1) })
