import Bytes

/// Records for tests, put together by hand from the definition of the messages.
enum TestVideos {
  /// Field `number` of a message, length-delimited.
  static func field(_ number: UInt8, _ contents: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [number << 3 | 2]
    bytes.append(varint: contents.count)
    return bytes + contents
  }

  private static func entry(_ key: String, _ value: [UInt8]) -> [UInt8] {
    field(1, field(1, Array(key.utf8)) + field(2, value))
  }

  private static func strings(_ values: [[UInt8]]) -> [UInt8] { field(1, values.flatMap { field(1, $0) }) }

  /// An `Example` with an id and a mean image.
  static func videoLevel(_ id: String, mean: [Float]) -> [UInt8] {
    var floats: [UInt8] = []
    for value in mean { floats.append(fixed32: value.bitPattern) }
    return field(1, entry("id", strings([Array(id.utf8)])) + entry("mean_rgb", field(2, field(1, floats))))
  }

  /// A `SequenceExample` with an id and frames.
  static func frameLevel(_ id: String, frames: [[UInt8]]) -> [UInt8] {
    let list = frames.flatMap { field(1, strings([$0])) }
    return field(1, entry("id", strings([Array(id.utf8)]))) + field(2, entry("rgb", list))
  }
}
