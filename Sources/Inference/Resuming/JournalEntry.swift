import Bytes

/// The rows of a batch, and where random operators were after it, as a record of a ``RunJournal``.
///
/// Encoded: the number of rows, the number of positions, for each the length of its name, the name and the position (8
/// bytes, little-endian), then the rows; numbers as varints.
struct JournalEntry {
  let rowCount: Int
  let randomPositions: [String: UInt64]
  /// Valid as long as what it was decoded from.
  let rows: UnsafeRawBufferPointer

  static func encoded(rows: [UInt8], count: Int, randomPositions: [String: UInt64]) -> [UInt8] {
    var payload: [UInt8] = []
    payload.append(varint: UInt64(count))
    payload.append(varint: UInt64(randomPositions.count))
    for (name, position) in randomPositions.sorted(by: { $0.key < $1.key }) {
      payload.append(varint: UInt64(name.utf8.count))
      payload += name.utf8
      payload.append(fixed64: position)
    }
    return payload + rows
  }

  init(decoding payload: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    var reader = ByteReader(payload)
    rowCount = try reader.length(limit: payload.count)
    var positions: [String: UInt64] = [:]
    for _ in 0..<(try reader.length(limit: payload.count)) {
      let name = try reader.take(try reader.length())
      positions[String(decoding: name, as: UTF8.self)] = try reader.fixed64()
    }
    randomPositions = positions
    rows = try reader.take(reader.remaining)
  }
}
