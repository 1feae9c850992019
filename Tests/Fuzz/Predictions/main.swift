import Bytes
import Glibc
import Optimization
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

/// Two files, the second after a line of an equals sign: whatever their merge is, it can be read.
private func parts(_ bytes: UnsafeRawBufferPointer) throws -> [WholeInput] {
  let mark = Array("\n=\n".utf8)
  guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }) else {
    return [try input(bytes)]
  }
  return [
    try input(UnsafeRawBufferPointer(rebasing: bytes[..<end])),
    try input(UnsafeRawBufferPointer(rebasing: bytes[(end + mark.count)...])),
  ]
}

private func mergeVideos(_ bytes: UnsafeRawBufferPointer) throws {
  guard let choice = bytes.first else { return }
  let rules = [
    MergeRule.mean, .geometric, .logit, .rank, .power(3), .power(0.01), .place(w0: 3), .fileAveraging,
  ]
  var options = MergeOptions()
  options.rule = rules[Int(choice) % rules.count]
  options.missing = MergeOptions.MissingLabels.allCases[Int(choice / 8) % 3]
  options.rows = MergeOptions.Rows.allCases[Int(choice / 24) % 3]
  options.topK = choice < 128 ? 20 : 100
  options.format = .shortest
  let files = try parts(UnsafeRawBufferPointer(rebasing: bytes.dropFirst())).map {
    try PredictionFile(anyFormat: $0, Workers(1))
  }
  options.weights = files.indices.map { Double($0) + 0.5 }
  let text = Text()
  let report = try PredictionMerge(files, options).write(to: text, Workers(1))
  let merged = try? text.bytes.withUnsafeBytes { try PredictionFile(input($0)) }
  check(merged?.count == report.rowCount, "what was merged cannot be read")
  if files.count == 2 { _ = try Correlation(files[0], files[1], topK: 3, Workers(1)) }
  var joining = JoinOptions()
  joining.rule = options.rule
  joining.missing = options.missing
  joining.metric = JoinOptions.Metric.allCases[Int(choice) % 4]
  guard let labels, let joined = try? JoinedPredictions(files, labels, joining, Workers(1)) else { return }
  let value = try joined.evaluate(weights: options.weights)
  check((0...1).contains(value), "a metric that is none")
}

private func mergeSegments(_ bytes: UnsafeRawBufferPointer, _ truth: SegmentTruth) throws {
  let files = try parts(bytes).map { try SegmentFile($0) }
  for w0 in [nil, 3.5] {
    let text = Text()
    let report = try SegmentMerge(files, .init(w0: w0)).write(to: text, Workers(1))
    let merged = try? text.bytes.withUnsafeBytes { try SegmentFile(input($0)) }
    // Of no more than a cell of a spreadsheet holds: a longer one may come out at just that length.
    check(merged?.rows.count == report.classCount || bytes.count > 10_000, "what was merged cannot be read")
    guard let joined = try? JoinedSegments(files, truth, w0: w0, Workers(1)) else { continue }
    check((0...1).contains(try joined.evaluate(weights: files.map { _ in 1 })), "a metric that is none")
  }
}

/// Calls `body` with the path of a file in memory that holds `bytes`.
private func withFile(_ bytes: UnsafeRawBufferPointer, _ body: (String) throws -> Void) throws {
  let path = "/dev/shm/fuzz-predictions.\(getpid()).in"
  let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  guard descriptor >= 0 else { return }
  defer { unlink(path) }
  let count = write(descriptor, bytes.baseAddress, bytes.count)
  close(descriptor)
  if count == bytes.count { try body(path) }
}

/// Ground truth of videos and of segments, by which predictions of ours are scored.
private func readTruth(_ path: String) {
  let videos = "VideoId,LabelConfidencePairs\na,3 0.5 1 0.25\nb,3 0.5\n"
  let ranked = "3,a:0 b:0 a:5\n4,b:5 a:0\n"
  var (videoText, rankedText) = (videos, ranked)
  if let truth = try? VideoTruth([path], Workers(1)),
    let file = try? videoText.withUTF8({ try PredictionFile(input(UnsafeRawBufferPointer($0))) }),
    let scored = try? ScoredVideos(file, truth, classCount: 10, Workers(1)),
    let metrics = try? VideoMetrics(scored, .reference(videoCount: scored.count), Workers(1))
  {
    check((0...1).contains(metrics.globalAveragePrecision), "a GAP that is none")
    check((0...1).contains(metrics.meanAveragePrecision), "a MAP that is none")
  }
  if let truth = try? SegmentTruth([path], Workers(1)),
    let file = try? rankedText.withUTF8({ try SegmentFile(input(UnsafeRawBufferPointer($0))) }),
    let samples = try? SegmentBootstrap(file, truth, Workers(1)).samples(2, seed: 1, Workers(1))
  {
    check(samples.allSatisfy { (0...1).contains($0) }, "a MAP that is none")
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

private let labels: VideoTruth? = {
  let path = "/dev/shm/fuzz-labels.\(getpid()).csv"
  defer { unlink(path) }
  guard let file = fopen(path, "w") else { return nil }
  fputs("a,3 1\nb,3\nc,\n0592,3506 239\n", file)
  fclose(file)
  return try? VideoTruth([path], Workers(1))
}()

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
  case UInt8(ascii: "m"): try? mergeVideos(rest)
  case UInt8(ascii: "g"): try? mergeSegments(rest, ratings)
  case UInt8(ascii: "t"): try? withFile(rest) { readTruth($0) }
  case UInt8(ascii: "w"):
    try? withFile(rest) { path in
      if let file = try? WeightsFile(path) { check(!file.weights.isEmpty, "weights of nothing") }
      if let log = try? SearchLog(path) {
        check(log.evaluations.allSatisfy { $0.point.count == log.names.count }, "a point of another space")
      }
    }
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
