import Bytes
import Glibc
import Predictions

// libFuzzer's target for predictions: whatever the bytes are, reading ends in rows or a KernelError, what was read can
// be written and read again, and metrics stay between 0 and 1. `make fuzz` runs it. The first byte chooses what the
// others are.

private final class Text: ByteSink {
  var bytes: [UInt8] = []
  func write(_ bytes: UnsafeRawBufferPointer) { self.bytes += bytes }
}

private func input(_ bytes: UnsafeRawBufferPointer) throws -> WholeInput {
  try WholeInput(named: "fuzz") { try $0.write(bytes) }
}

private func text(of file: PredictionFile) throws -> [UInt8] {
  let text = Text()
  try file.write(to: text, .significant(17), Workers(1))
  return text.bytes
}

private func readVideos(_ bytes: UnsafeRawBufferPointer) throws {
  _ = try SubmissionCheck(input(bytes))
  let file = try PredictionFile(anyFormat: input(bytes), Workers(1))
  let first = try text(of: file)
  guard let back = try? first.withUnsafeBytes({ try PredictionFile(anyFormat: input($0), Workers(1)) }) else {
    return check(false, "what was written cannot be read")
  }
  check(try text(of: back) == first, "a second trip changes the predictions")
  for row in 0..<file.count { check(file.withRow(row) { file.number(of: $0.id) } == row, "a row is not found") }
}

private func readSegments(_ bytes: UnsafeRawBufferPointer, _ truth: SegmentTruth) throws {
  _ = try SubmissionCheck(input(bytes))
  let file = try SegmentFile(input(bytes))
  for rule in [SegmentMetrics.Rule.complete, .published] {
    let metrics = try SegmentMetrics(file, truth, rule: rule, Workers(1))
    // As published, a segment may be a hit more than once.
    check(rule == .published || metrics.meanAveragePrecision <= 1, "a precision above 1")
  }
}

/// A number reads as the C library reads it, and comes back from each of its texts.
private func readNumber(_ bytes: UnsafeRawBufferPointer) {
  guard let value = DecimalReading.whole(bytes) else { return }
  check(strtod(String(decoding: bytes, as: UTF8.self), nil) == value, "a number is not the nearest")
  for format in [NumberFormat.significant(17), .shortest] {
    let text = Array(format.text(value).utf8)
    check(text.withUnsafeBytes { DecimalReading.whole($0) } == value, "a number changes on a trip")
  }
}

/// Stops the process, as libFuzzer wants to be told.
private func check(_ holds: @autoclosure () throws -> Bool, _ claim: StaticString) {
  guard (try? holds()) != true else { return }
  print("claim broken:", claim)
  abort()
}

private let ratings: SegmentTruth? = {
  let path = "/dev/shm/fuzz-predictions.\(getpid()).csv"
  defer { unlink(path) }
  guard let file = fopen(path, "w") else { return nil }
  fputs("a:0,3,1\na:5,3,0\nb:0,3,1\nb:5,4,1\na:0,4,0\nc:0,9,1\n", file)
  fclose(file)
  return try? SegmentTruth([path], Workers(1))
}()

private func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: data, count: count)
  guard let choice = bytes.first, let ratings else { return 0 }
  let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
  switch choice {
  case UInt8(ascii: "v"): try? readVideos(rest)
  case UInt8(ascii: "s"): try? readSegments(rest, ratings)
  case UInt8(ascii: "n"): readNumber(rest)
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
