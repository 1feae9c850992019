import Bytes

/// The fields of a protobuf message walked in place, fast enough for every record of a data set.
///
/// Offsets in faults are relative to ``start``, the payload's first byte, so that a message says where in the record it
/// is broken.
struct Wire {
  private var cursor: UnsafeRawPointer
  private let end: UnsafeRawPointer
  private let start: UnsafeRawPointer

  /// One field: its number, its wire type, and the value as it stands (of length-delimited fields, the contents).
  struct Field {
    let number: UInt64
    let type: UInt64
    let value: UnsafeRawBufferPointer
  }

  /// - Parameter start: the first byte of the whole record's payload, which `bytes` is a part of.
  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer, in start: UnsafeRawPointer?) {
    // Only its address is used when there are no bytes.
    let base = bytes.baseAddress ?? start ?? Wire.nowhere
    cursor = base
    end = base + bytes.count
    self.start = start ?? base
  }

  private static var nowhere: UnsafeRawPointer { UnsafeRawPointer(bitPattern: 16)! }

  /// Bytes not walked yet.
  var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: cursor, count: end - cursor) }

  private func fault(_ problem: String) -> ByteReader.Fault { .init(offset: cursor - start, problem: problem) }

  @inline(__always)
  mutating func varint() throws(ByteReader.Fault) -> UInt64 {
    guard cursor < end else { throw fault("the message ends inside a number") }
    let first = cursor.load(as: UInt8.self)
    if first < 0x80 {
      cursor += 1
      return UInt64(first)
    }
    return try longVarint()
  }

  private mutating func longVarint() throws(ByteReader.Fault) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while cursor < end, shift < 64 {
      let byte = cursor.load(as: UInt8.self)
      cursor += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw fault(cursor < end ? "a number has over ten bytes" : "the message ends inside a number")
  }

  /// The next field, or `nil` at the end of the message.
  @inline(__always)
  mutating func next() throws(ByteReader.Fault) -> Field? {
    guard cursor < end else { return nil }
    let tag = try varint()
    let type = tag & 7
    guard tag >= 8 else { throw fault("field number 0 is not valid") }
    if type == 2 {
      let length = try varint()
      guard length <= UInt64(end - cursor) else {
        throw fault("\(length) bytes are announced but \(end - cursor) remain")
      }
      let value = UnsafeRawBufferPointer(start: cursor, count: Int(length))
      cursor += Int(length)
      return Field(number: tag >> 3, type: type, value: value)
    }
    return try scalar(tag)
  }

  private mutating func scalar(_ tag: UInt64) throws(ByteReader.Fault) -> Field {
    let from = cursor
    switch tag & 7 {
    case 0: _ = try varint()
    case 1, 5:
      let length = tag & 7 == 1 ? 8 : 4
      guard end - cursor >= length else { throw fault("the message ends inside a number") }
      cursor += length
    case 3: try skipGroup(tag >> 3)
    default: throw fault("wire type \(tag & 7) is not valid here")
    }
    return Field(number: tag >> 3, type: tag & 7, value: UnsafeRawBufferPointer(start: from, count: cursor - from))
  }

  /// Skips a group, an obsolete way of nesting that only unknown fields can use; nesting is bounded as in protobuf.
  private mutating func skipGroup(_ number: UInt64) throws(ByteReader.Fault) {
    var open = [number]
    while let current = open.last {
      let tag = try varint()
      switch tag & 7 {
      case 0: _ = try varint()
      case 1, 5:
        guard end - cursor >= (tag & 7 == 1 ? 8 : 4) else { throw fault("the message ends inside a group") }
        cursor += tag & 7 == 1 ? 8 : 4
      case 2:
        let length = try varint()
        guard length <= UInt64(end - cursor) else { throw fault("the message ends inside a group") }
        cursor += Int(length)
      case 3:
        guard open.count < 100 else { throw fault("groups are nested too deeply") }
        open.append(tag >> 3)
      case 4 where tag >> 3 == current: open.removeLast()
      default: throw fault("a group is not closed")
      }
    }
  }
}
