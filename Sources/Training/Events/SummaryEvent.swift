import Bytes

/// What TensorBoard shows of a step: numbers and histograms under their tags.
///
/// The messages are `Event`, `Summary` and `HistogramProto` (tensorflow/core/util/event.proto and
/// tensorflow/core/framework/summary.proto), of which these fields are written.
package struct SummaryEvent: Sendable {
  private var values: [UInt8] = []

  /// Without values.
  package init() {}

  package var isEmpty: Bool { values.isEmpty }

  /// Adds a number.
  package mutating func add(_ tag: String, _ number: Double) {
    var value = SummaryEvent.tagged(tag)
    value.append(2 << 3 | 5)
    value.append(fixed32: Float(number).bitPattern)
    values.append(field: 1, value)
  }

  /// Adds a histogram.
  package mutating func add(_ tag: String, _ histogram: ValueHistogram) {
    var message: [UInt8] = []
    let numbers = [
      histogram.min, histogram.max, Double(histogram.count), histogram.sum, histogram.sumOfSquares,
    ]
    for (index, number) in numbers.enumerated() { message.append(field: UInt8(index + 1), number) }
    let buckets = histogram.buckets
    message.append(field: 6, buckets.flatMap { SummaryEvent.bytes($0.limit) })
    message.append(field: 7, buckets.flatMap { SummaryEvent.bytes(Double($0.count)) })
    var value = SummaryEvent.tagged(tag)
    value.append(field: 5, message)
    values.append(field: 1, value)
  }

  private static func tagged(_ tag: String) -> [UInt8] {
    var value: [UInt8] = []
    value.append(field: 1, Array(tag.utf8))
    return value
  }

  private static func bytes(_ number: Double) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(fixed64: number.bitPattern)
    return bytes
  }

  /// The event.
  ///
  /// - Parameter time: seconds since 1970.
  func message(step: Int, time: Double) -> [UInt8] {
    var message: [UInt8] = []
    message.append(field: 1, time)
    message.append(2 << 3)
    message.append(varint: step)
    message.append(field: 5, values)
    return message
  }

  /// The event that a file begins with.
  static func versionMessage(time: Double) -> [UInt8] {
    var message: [UInt8] = []
    message.append(field: 1, time)
    message.append(field: 3, Array("brain.Event:2".utf8))
    return message
  }
}

extension [UInt8] {
  fileprivate mutating func append(field number: UInt8, _ contents: [UInt8]) {
    append(number << 3 | 2)
    append(varint: contents.count)
    append(contentsOf: contents)
  }

  fileprivate mutating func append(field number: UInt8, _ value: Double) {
    append(number << 3 | 1)
    append(fixed64: value.bitPattern)
  }
}
