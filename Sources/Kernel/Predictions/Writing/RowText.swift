import Bytes

/// Rows of a prediction file as text, collected for writing.
///
/// Memory: the text, and half of it again while it grows.
package struct RowText: Sendable {
  private var storage: [UInt8] = []
  private var used = 0
  private let format: NumberFormat

  /// The first line as the published programs write it.
  package static let header = Array("VideoId,LabelConfidencePairs".utf8)

  /// - Parameter format: how scores are written; the published programs use ``NumberFormat/reference``, and `.fixed(6)`
  ///   for what came from JSON.
  package init(_ format: NumberFormat = .reference) { self.format = format }

  /// Appends `id,label score label score …` and a line feed.
  ///
  /// - Parameter id: quoted if it has a comma.
  /// - Throws: ``ByteReader/Fault`` for an id that a CSV file cannot hold.
  package mutating func append(
    id: UnsafeRawBufferPointer, labels: UnsafeBufferPointer<Int32>, scores: UnsafeBufferPointer<Double>
  ) throws(ByteReader.Fault) {
    let format = format
    try append(id, labels, count: scores.count) { format.write(scores[$0], to: $1) }
  }

  /// The same with float32 scores.
  package mutating func append(
    id: UnsafeRawBufferPointer, labels: UnsafeBufferPointer<Int32>, scores: UnsafeBufferPointer<Float>
  ) throws(ByteReader.Fault) {
    let format = format
    try append(id, labels, count: scores.count) { format.write(scores[$0], to: $1) }
  }

  @inline(__always)
  private mutating func append(
    _ id: UnsafeRawBufferPointer, _ labels: UnsafeBufferPointer<Int32>, count: Int,
    _ writeScore: (Int, UnsafeMutablePointer<UInt8>) -> Int
  ) throws(ByteReader.Fault) {
    try appendField(id)
    append(byte: UInt8(ascii: ","))
    for index in 0..<min(labels.count, count) {
      withRoom(NumberFormat.byteLimit + 13) { out in
        var end = out
        if index > 0 {
          end.pointee = UInt8(ascii: " ")
          end += 1
        }
        end += RowText.write(labels[index], to: end)
        end.pointee = UInt8(ascii: " ")
        end += 1
        return end + writeScore(index, end) - out
      }
    }
    append(byte: UInt8(ascii: "\n"))
  }

  /// Appends a field, quoted if it must be.
  package mutating func appendField(_ field: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    var line: [UInt8] = []
    var isPlain = true
    for byte in field where byte < 0x30 {
      isPlain = isPlain && byte != UInt8(ascii: ",") && byte != UInt8(ascii: "\"") && byte != 10 && byte != 13
    }
    if isPlain { return append(field) }
    try CSVFields.append(field, to: &line)
    line.withUnsafeBytes { append($0) }
  }

  /// Appends bytes as they are.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    withRoom(bytes.count) { out in
      UnsafeMutableRawPointer(out).copyMemory(from: source, byteCount: bytes.count)
      return bytes.count
    }
  }

  package mutating func append(byte: UInt8) {
    withRoom(1) { out in
      out.pointee = byte
      return 1
    }
  }

  package mutating func append(label: Int32) { withRoom(11) { RowText.write(label, to: $0) } }

  /// Appends a number in the text's format.
  package mutating func append(score: Double) {
    let format = format
    withRoom(NumberFormat.byteLimit) { format.write(score, to: $0) }
  }

  /// Hands all that was appended to `sink` and starts anew.
  package mutating func flush(to sink: any ByteSink) throws {
    try storage.withUnsafeBytes { try sink.write(UnsafeRawBufferPointer(rebasing: $0[..<used])) }
    used = 0
  }

  package var byteCount: Int { used }

  /// Calls `body` with the end of the text, where there is room for `byteCount` bytes, to write as many as it returns.
  @inline(__always)
  private mutating func withRoom(_ byteCount: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
    if storage.count - used < byteCount { grow(byteCount) }
    let end = used
    used += storage.withUnsafeMutableBufferPointer { $0.baseAddress.map { body($0 + end) } ?? 0 }
  }

  private mutating func grow(_ byteCount: Int) {
    let size = max(1 << 16, storage.count + storage.count / 2, used + byteCount)
    storage += Array(repeating: 0, count: size - storage.count)
  }

  /// `%i` of a label; returns how many bytes it takes.
  @inline(__always)
  private static func write(_ label: Int32, to out: UnsafeMutablePointer<UInt8>) -> Int {
    var rest = label.magnitude
    var end = 0
    if label < 0 {
      out[0] = UInt8(ascii: "-")
      end = 1
    }
    var limit: UInt32 = 10
    end += 1
    while limit <= rest {
      end += 1
      if limit >= 1_000_000_000 { break }
      limit *= 10
    }
    var place = end
    repeat {
      place -= 1
      out[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
    return end
  }
}
