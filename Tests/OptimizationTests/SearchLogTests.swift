import Bytes
import Synchronization
import TestSupport
import Testing

@testable import Optimization

/// The search of the 2019 solution, of which the first lines are kept.
enum Published {
  static let path = fixture("optimization/logs_new_w1-w8.json")
  static let bounds: [(String, ClosedRange<Double>)] = [
    ("w0", 0...10), ("w1", 10...100), ("w2", 10...100), ("w3", 5...80), ("w4", 5...80), ("w5", 5...80),
    ("w6", 0...50), ("w8", 0...50),
  ]
  static var space: SearchSpace {
    get throws { try SearchSpace(weights: [], tunables: bounds.map { .init($0, in: $1) }) }
  }
}

@Suite struct SearchLogTests {
  private let folder = TemporaryFolder()

  private func log(_ text: String, names: [String]? = nil) throws -> SearchLog {
    try SearchLog(folder.write(Array(text.utf8), "log.json"), names: names)
  }

  private func text(_ name: String) -> String { String(decoding: contents(folder(name)), as: UTF8.self) }

  @Test func readsThePublishedLog() throws {
    let log = try SearchLog(Published.path)
    #expect(log.names == ["w0", "w1", "w2", "w3", "w4", "w5", "w6", "w8"])
    #expect(log.evaluations.count == 4)
    #expect(log.evaluations[1].target == 0.8243933792651892)
    #expect(log.evaluations[1].point[1] == 54.9894250743004)
    #expect(log.evaluations[3].elapsed == 2147.487667)
    #expect(log.byteCount == contents(Published.path).count)
  }

  @Test func writesWhatBayesOptWrites() throws {
    let log = try SearchLog(Published.path)
    let times = Mutex([1_570_913_212, 1_570_913_906, 1_570_914_584, 1_570_915_359])
    let writer = try SearchLogWriter(
      folder("new.json"), names: log.names, existing: .refuse, clock: { times.withLock { $0.removeFirst() } })
    for evaluation in log.evaluations { try writer.append(evaluation) }
    // All but the time of day, which is local.
    let dated = /"datetime": "[-0-9]{10} [:0-9]{8}"/
    let expected = String(decoding: contents(Published.path), as: UTF8.self)
    #expect(text("new.json").replacing(dated, with: "") == expected.replacing(dated, with: ""))
    #expect(text("new.json").matches(of: dated).count == 4)
  }

  @Test func theOrderOfParametersDoesNotMatter() throws {
    let log = try log(
      #"{"params": {"b": 2, "a": 1}, "target": 3}"# + "\r\n\n"
        + #"{"target": 4e0, "params": {"a": 5, "b": 6}, "x": []}"#,
      names: ["a", "b"])
    #expect(log.evaluations.map(\.point) == [[1, 2], [5, 6]])
    #expect(log.evaluations.map(\.target) == [3, 4])
    #expect(log.evaluations.map(\.elapsed) == [0, 0])
  }

  @Test(arguments: [
    ("{\"target\": 1}\n", 1, "is no evaluation: there are no \"params\" (byte 13 of the line)"),
    ("{\"params\": {}}\n", 1, "is no evaluation: there is no \"target\" (byte 14 of the line)"),
    ("\n{\"target\": NaN, \"params\": {}}\n", 2, "is no evaluation: a number is expected (byte 11 of the line)"),
    (
      "{\"target\": 1, \"params\": {\"a\": 1}}\nx\n{}", 2,
      "is no evaluation: an object is expected (byte 0 of the line)"
    ),
    (
      "{\"target\": 1, \"params\": {\"a\": 1}} {}\n", 1,
      "is no evaluation: something follows the end of the JSON value (byte 34 of the line)"
    ),
    (
      "{\"target\": 1, \"params\": {\"a\": 1}}\n{\"target\": 1, \"params\": {\"b\": 1}}\n", 2,
      "lacks the parameter a"
    ),
    (
      "{\"target\": 1, \"params\": {\"a\": 1}}\n{\"target\": 1, \"params\": {\"b\": 1, \"a\": 1}}", 2,
      "has the unexpected parameter b"
    ),
    (
      "{\"target\": 1e400, \"params\": {\"a\": 1}}\n", 1,
      "is no evaluation: a number exceeds the range of a double (byte 11 of the line)"
    ),
  ])
  func badLinesAreNamed(_ text: String, _ line: Int, _ problem: String) throws {
    let error = #expect(throws: KernelError.self) { try log(text) }
    #expect(error?.kind == .badData)
    #expect(error?.place == .line(line))
    #expect(error?.problem == problem)
  }

  @Test func aLineCutShortIsReplaced() throws {
    let first =
      #"{"target": 1.0, "params": {"a": 1.0}, "datetime": {"datetime": "2019-10-12 20:46:52", "elapsed": 3.0, "delta": 3.0}}"#
    for rest in ["", "\n", "\n{\"target\": 2.0, \"par", "\n{"] {
      let log = try log(first + rest)
      #expect(log.evaluations.count == 1)
      let writer = try SearchLogWriter(log: log, at: folder("log.json"))
      try writer.append(Evaluation(point: [2], target: 4, elapsed: 5))
      let lines = text("log.json").split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.count == 3)
      #expect(lines[0] == first)
      #expect(lines[1].hasPrefix(#"{"target": 4.0, "params": {"a": 2.0}"#))
      #expect(lines[1].hasSuffix(#""elapsed": 5.0, "delta": 2.0}}"#))
    }
  }

  @Test func anExistingLogIsNotOverwritten() throws {
    folder.write([1], "log.json")
    let space = try SearchSpace(weights: ["a", "b"])
    #expect(throws: KernelError.self) { try SearchLogWriter(folder("log.json"), space: space) }
    #expect(contents(folder("log.json")) == [1])
    _ = try SearchLogWriter(folder("log.json"), space: space, existing: .replace)
    #expect(contents(folder("log.json")) == [])
  }

  @Test func damagedLogsEndInACleanError() throws {
    var random = SplitMix(seed: 8)
    let whole = contents(Published.path)
    for _ in 0..<500 {
      let path = folder.write(random.damage(random.damage(whole)), "damaged.json")
      do { _ = try SearchLog(path, names: ["w0", "w1", "w2", "w3", "w4", "w5", "w6", "w8"]) } catch is KernelError {
      }
    }
  }

  /// An interrupted search whose log was written and read goes on as if nothing had happened.
  @Test func aSearchResumesFromItsLog() throws {
    let search = try Search(Hill.space, SearchOptions(.bayes, iterations: 25, seed: 4))
    let whole = try search.run(Hill.objective).evaluations
    let writer = try SearchLogWriter(folder("run.json"), space: Hill.space)
    for evaluation in whole[..<16] { try writer.append(evaluation) }
    let log = try SearchLog(folder("run.json"), names: Hill.space.names)
    #expect(try search.run(Hill.objective, known: log.evaluations).evaluations.map(\.point) == whole.map(\.point))
  }
}

extension SearchLogWriter {
  fileprivate convenience init(log: SearchLog, at path: String) throws {
    try self.init(path, names: log.names, existing: .append(log), clock: { 0 })
  }
}
