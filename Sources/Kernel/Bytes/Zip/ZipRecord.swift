/// A stored member of a ZIP archive, and the records that describe it, in the form that Python's zipfile gives them
/// when it is told to expect ZIP64 sizes (as numpy does).
package struct ZipRecord {
  package let name: [UInt8]
  let size: Int
  /// Where the local header begins.
  let offset: Int
  package var crc: UInt32 = 0

  package init(name: [UInt8], size: Int, offset: Int) {
    self.name = name
    self.size = size
    self.offset = offset
  }

  /// The version of the format that has ZIP64.
  private static let version = 45
  /// zipfile goes over to ZIP64 numbers above this, earlier than it must.
  private static let limit = Int(Int32.max)

  /// Bit 11: the name is UTF-8.
  private var flags: Int { name.contains { $0 >= 0x80 } ? 0x800 : 0 }

  /// The header before the member's bytes.
  package var local: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(fixed32: 0x0403_4b50)
    bytes.append(fixed16: ZipRecord.version)
    appendCommon(to: &bytes)
    bytes.append(fixed32: .max)
    bytes.append(fixed32: .max)
    bytes.append(fixed16: name.count)
    bytes.append(fixed16: 20)
    bytes += name
    appendWide([size, size], to: &bytes)
    return bytes
  }

  /// The entry of the central directory.
  private var entry: [UInt8] {
    var wide: [Int] = []
    if size > ZipRecord.limit { wide += [size, size] }
    if offset > ZipRecord.limit { wide.append(offset) }
    var bytes: [UInt8] = []
    bytes.append(fixed32: 0x0201_4b50)
    // Made by version 4.5 on Unix.
    bytes.append(fixed16: ZipRecord.version | 3 << 8)
    bytes.append(fixed16: ZipRecord.version)
    appendCommon(to: &bytes)
    bytes.append(fixed32: ZipRecord.narrow(size))
    bytes.append(fixed32: ZipRecord.narrow(size))
    bytes.append(fixed16: name.count)
    bytes.append(fixed16: wide.isEmpty ? 0 : 4 + 8 * wide.count)
    bytes += [UInt8](repeating: 0, count: 6)
    // Permissions rw-------.
    bytes.append(fixed32: 0o600 << 16)
    bytes.append(fixed32: ZipRecord.narrow(offset))
    bytes += name
    if !wide.isEmpty { appendWide(wide, to: &bytes) }
    return bytes
  }

  /// Flags, method (stored), time and date (1980-01-01) and checksum, which both headers have.
  private func appendCommon(to bytes: inout [UInt8]) {
    bytes.append(fixed16: flags)
    bytes.append(fixed16: 0)
    bytes.append(fixed16: 0)
    bytes.append(fixed16: 1 << 5 | 1)
    bytes.append(fixed32: crc)
  }

  private func appendWide(_ numbers: [Int], to bytes: inout [UInt8]) {
    bytes.append(fixed16: 1)
    bytes.append(fixed16: 8 * numbers.count)
    for number in numbers { bytes.append(fixed64: UInt64(number)) }
  }

  private static func narrow(_ number: Int) -> UInt32 { number > limit ? .max : UInt32(number) }

  /// The central directory and the end records of an archive whose members take `start` bytes.
  package static func directory(of records: [ZipRecord], at start: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for record in records { bytes += record.entry }
    let size = bytes.count
    if records.count > 0xffff || start > limit || size > limit {
      bytes.append(fixed32: 0x0606_4b50)
      bytes.append(fixed64: 44)
      bytes.append(fixed16: version)
      bytes.append(fixed16: version)
      bytes.append(fixed64: 0)
      for number in [records.count, records.count, size, start] { bytes.append(fixed64: UInt64(number)) }
      bytes.append(fixed32: 0x0706_4b50)
      bytes.append(fixed32: 0)
      bytes.append(fixed64: UInt64(start + size))
      bytes.append(fixed32: 1)
    }
    bytes.append(fixed32: 0x0605_4b50)
    bytes.append(fixed32: 0)
    for _ in 0..<2 { bytes.append(fixed16: min(records.count, 0xffff)) }
    bytes.append(fixed32: UInt32(clamping: size))
    bytes.append(fixed32: UInt32(clamping: start))
    bytes.append(fixed16: 0)
    return bytes
  }
}

extension [UInt8] {
  fileprivate mutating func append(fixed16 value: Int) {
    append(UInt8(truncatingIfNeeded: value))
    append(UInt8(truncatingIfNeeded: value >> 8))
  }
}
