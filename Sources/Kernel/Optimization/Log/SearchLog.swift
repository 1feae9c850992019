import Bytes

/// The evaluations of a search as the Python package `bayes_opt` (1.0.1, `JSONLogger`) writes them: a JSON object a
/// line,
///
///     {"target": 0.83, "params": {"w0": 6.1, "w1": 14.3}, "datetime": {"datetime": "2019-10-12 20:46:52",
///      "elapsed": 693.6, "delta": 693.6}}
///
/// (on one line), `elapsed` in seconds since the search began and `delta` since the line before. Other members are
/// ignored, `datetime` may be missing.
public struct SearchLog: Sendable {
  /// The names of the coordinates, in the order of the points.
  public let names: [String]
  public let evaluations: [Evaluation]
  /// The bytes that the evaluations take up; more than these is what remains of a line whose writing was cut short.
  public let byteCount: Int

  /// Reads the log at `path`.
  ///
  /// A last line without its end that is no JSON is what an interrupted run leaves behind, and is passed over.
  /// Memory: the evaluations, and the text if it does not come from a plain file.
  ///
  /// - Parameter names: the order of the coordinates; that of the first line if `nil`.
  /// - Throws: ``KernelError`` `.noInput` when it cannot be opened, `.badData` with the line when one is not an
  ///   evaluation, or is one of other coordinates.
  public init(_ path: String, names: [String]? = nil) throws {
    let input = try WholeInput(path)
    (self.names, evaluations, byteCount) = try input.bytes.withUnsafeBytes { bytes in
      try SearchLog.parse(bytes, source: input.name, names: names)
    }
  }

  private static func parse(
    _ bytes: UnsafeRawBufferPointer, source: String, names: [String]?
  ) throws -> ([String], [Evaluation], Int) {
    var lines = TextLines(bytes)
    var names = names
    var evaluations: [Evaluation] = []
    var byteCount = 0
    while let range = lines.next() {
      let place = KernelError.Place.line(lines.number)
      let isCut = range.upperBound == bytes.count
      let line: Line
      do throws(ByteReader.Fault) {
        line = try Line(UnsafeRawBufferPointer(rebasing: bytes[range]))
      } catch {
        if isCut { break }
        throw KernelError(
          .badData, source, at: place, "is no evaluation: \(error.problem) (byte \(error.offset) of the line)",
          hint: "a line is {\"target\": …, \"params\": {…}}")
      }
      let expected = names ?? line.parameters.map(\.name)
      names = expected
      let point = expected.compactMap { line[$0] }
      guard point.count == expected.count, line.parameters.count == expected.count else {
        throw KernelError(
          .badData, source, at: place, line.difference(from: expected),
          hint: "its parameters are " + line.parameters.map(\.name.printable).joined(separator: ", "))
      }
      evaluations.append(Evaluation(point: point, target: line.target, elapsed: line.elapsed))
      byteCount = min(range.upperBound + newlineCount(bytes, at: range.upperBound), bytes.count)
    }
    return (names ?? [], evaluations, byteCount)
  }

  /// The bytes of a line's end, LF or CR LF.
  private static func newlineCount(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
    guard offset < bytes.count else { return 0 }
    return bytes[offset] == UInt8(ascii: "\r") ? 2 : 1
  }
}

/// One line of a log.
private struct Line {
  var target = 0.0
  var parameters: [(name: String, value: Double)] = []
  var elapsed = 0.0

  init(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    var reader = JSONReader(bytes)
    var (target, parameters, elapsed) = (Double?.none, [(name: String, value: Double)]?.none, 0.0)
    try reader.object { reader, key throws(ByteReader.Fault) in
      switch key {
      case "target": target = try reader.number().double
      case "params":
        var found: [(name: String, value: Double)] = []
        try reader.object { reader, name throws(ByteReader.Fault) in
          found.append((name, try reader.number().double))
        }
        parameters = found
      case "datetime":
        try reader.object { reader, key throws(ByteReader.Fault) in
          if key == "elapsed" { elapsed = try reader.number().double } else { try reader.skip() }
        }
      default: try reader.skip()
      }
    }
    try reader.end()
    guard let target else { throw reader.fault("there is no \"target\"") }
    guard let parameters else { throw reader.fault("there are no \"params\"") }
    (self.target, self.parameters, self.elapsed) = (target, parameters, elapsed)
  }

  subscript(name: String) -> Double? { parameters.first { $0.name == name }?.value }

  func difference(from names: [String]) -> String {
    if let missing = names.first(where: { self[$0] == nil }) { return "lacks the parameter \(missing.printable)" }
    let extra = parameters.first { !names.contains($0.name) }
    return "has the unexpected parameter \(extra?.name.printable ?? "")"
  }
}
