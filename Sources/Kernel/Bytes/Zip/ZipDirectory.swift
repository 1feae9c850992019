/// The central directory of a ZIP archive, checked against the members it points at (PKWARE APPNOTE 6.3, ZIP64).
///
/// Refused: encryption, methods other than stored and deflate, archives of several parts, members that overlap, run
/// into the directory or claim a size that deflate cannot reach, local headers that contradict the directory.
package struct ZipDirectory {
  package struct Member: Sendable {
    package let name: [UInt8]
    package let isDeflated: Bool
    package let crc: UInt32
    /// Bytes once inflated.
    package let size: Int
    /// Where the member's stored bytes lie in the file.
    package let data: Range<Int>
  }

  /// In the order of the directory.
  package let members: [Member]

  /// Reads the directory of `file`, which came from `path`.
  package init(_ file: ByteView, path: String) throws {
    members = try file.withUnsafeBytes { bytes in
      try reporting(path, at: 0) {
        let end = try ZipEnd(bytes)
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[..<end.directory.upperBound]))
        _ = try reader.take(end.directory.lowerBound)
        var entries: [ZipEntry] = []
        while !reader.isAtEnd { entries.append(try ZipEntry(&reader)) }
        guard entries.count == end.memberCount else {
          throw ByteReader.Fault(
            offset: end.directory.lowerBound,
            problem: "the directory lists \(entries.count) members, not the announced \(end.memberCount)")
        }
        let files = UnsafeRawBufferPointer(rebasing: bytes[..<end.directory.lowerBound])
        let ranges = try entries.map { try $0.locate(in: files) }
        try ZipDirectory.checkDisjoint(entries, ranges)
        return zip(entries, ranges).map { entry, data in
          Member(
            name: entry.name, isDeflated: entry.method == 8, crc: entry.crc, size: entry.size, data: data)
        }
      }
    }
  }

  /// Overlapping members are how small archives expand without bound.
  private static func checkDisjoint(_ entries: [ZipEntry], _ data: [Range<Int>]) throws(ByteReader.Fault) {
    let order = entries.indices.sorted { entries[$0].offset < entries[$1].offset }
    for (a, b) in zip(order, order.dropFirst()) where data[a].upperBound > entries[b].offset {
      throw ByteReader.Fault(offset: entries[b].offset, problem: "two members of the archive overlap")
    }
  }
}

/// An entry of the directory as it stands.
private struct ZipEntry {
  let flags: Int
  let method: Int
  let crc: UInt32
  private(set) var compressedSize: Int
  private(set) var size: Int
  /// Where the local header begins.
  private(set) var offset: Int
  let name: [UInt8]

  init(_ reader: inout ByteReader) throws(ByteReader.Fault) {
    let start = reader.offset
    guard try reader.fixed32() == 0x0201_4b50 else {
      throw .init(offset: start, problem: "no entry of a ZIP directory is here")
    }
    _ = try reader.take(4)
    flags = try reader.fixed16()
    method = try reader.fixed16()
    _ = try reader.take(4)
    crc = try reader.fixed32()
    compressedSize = Int(try reader.fixed32())
    size = Int(try reader.fixed32())
    let nameLength = try reader.fixed16()
    let extraLength = try reader.fixed16()
    let commentLength = try reader.fixed16()
    _ = try reader.take(8)
    offset = Int(try reader.fixed32())
    name = [UInt8](try reader.take(nameLength))
    let extra = try reader.take(extraLength)
    _ = try reader.take(commentLength)
    do { try widen(ByteReader(extra)) } catch {
      throw .init(offset: start, problem: "the ZIP64 field of an entry is damaged: \(error.problem)")
    }
    let shown = String(decoding: name, as: UTF8.self).printable
    guard flags & 0x2041 == 0 else { throw .init(offset: start, problem: "member \(shown) is encrypted") }
    guard method == 0 || method == 8 else {
      throw .init(offset: start, problem: "member \(shown) is compressed by method \(method); only deflate is read")
    }
    guard method == 8 ? Inflate.isPlausible(size, from: compressedSize) : size == compressedSize else {
      throw .init(
        offset: start, problem: "member \(shown) cannot hold \(size) bytes in \(compressedSize) stored ones")
    }
  }

  /// Takes the numbers that do not fit 32 bits from the ZIP64 field, which has only those, in this order.
  private mutating func widen(_ extra: ByteReader) throws(ByteReader.Fault) {
    var extra = extra
    // Some writers leave a few zero bytes at the end.
    while extra.remaining >= 4 {
      let id = try extra.fixed16()
      var field = ByteReader(try extra.take(try extra.fixed16()))
      guard id == 1 else { continue }
      if size == 0xffff_ffff { size = try field.fixed63() }
      if compressedSize == 0xffff_ffff { compressedSize = try field.fixed63() }
      if offset == 0xffff_ffff { offset = try field.fixed63() }
    }
  }

  /// Where the member's bytes lie in `files`, the archive before its directory.
  func locate(in files: UnsafeRawBufferPointer) throws(ByteReader.Fault) -> Range<Int> {
    guard offset <= files.count else {
      throw .init(offset: 0, problem: "a member would begin at byte \(offset), behind the directory")
    }
    var reader = ByteReader(files, offset: offset)
    guard try reader.fixed32() == 0x0403_4b50 else { throw .init(offset: offset, problem: "no member begins here") }
    _ = try reader.take(2)
    let localFlags = try reader.fixed16()
    let localMethod = try reader.fixed16()
    _ = try reader.take(4)
    let localCRC = try reader.fixed32()
    let sizes = [try reader.fixed32(), try reader.fixed32()]
    let nameLength = try reader.fixed16()
    let extraLength = try reader.fixed16()
    let isNamed = try reader.take(nameLength).elementsEqual(name)
    // A member written to a pipe (bit 3) has its checksum and sizes behind the data instead.
    let isStreamed = localFlags & 8 != 0
    let agrees = zip(sizes, [compressedSize, size]).allSatisfy { $0 == 0xffff_ffff || Int($0) == $1 }
    guard isNamed, localMethod == method, localFlags & 0x2041 == 0, isStreamed || localCRC == crc && agrees else {
      throw .init(offset: offset, problem: "the member's header contradicts the archive's directory")
    }
    _ = try reader.take(extraLength)
    let start = reader.offset
    _ = try reader.take(compressedSize)
    return start..<reader.offset
  }
}

/// The record at the end of a ZIP archive that says where the directory is.
private struct ZipEnd {
  let directory: Range<Int>
  let memberCount: Int

  private static let length = 22

  init(_ file: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    guard let start = ZipEnd.find(in: file) else {
      throw .init(offset: file.count, problem: "no end of a ZIP archive is found: not an archive, or truncated")
    }
    var reader = ByteReader(file, offset: start + 4)
    let disks = [try reader.fixed16(), try reader.fixed16()]
    var count = try reader.fixed16()
    let total = try reader.fixed16()
    var size = Int(try reader.fixed32())
    var offset = Int(try reader.fixed32())
    var end = start
    // Writers add the ZIP64 record before they must: Python's from 2 GiB on.
    if let wide = try ZipEnd.wide(file, before: start) {
      (count, size, offset, end) = wide
    } else {
      guard disks == [0, 0], count == total else {
        throw .init(offset: start, problem: "an archive in several parts is not read")
      }
    }
    guard offset <= end, size == end - offset else {
      throw .init(
        offset: start, problem: "a directory of \(size) bytes at byte \(offset) does not end at byte \(end)")
    }
    directory = offset..<end
    memberCount = count
  }

  private static func find(in file: UnsafeRawBufferPointer) -> Int? {
    guard file.count >= length else { return nil }
    let last = file.count - length
    for start in stride(from: last, through: max(0, last - 0xffff), by: -1) where file[start] == 0x50 {
      // A comment may follow, up to the end of the file exactly.
      let commentLength = Int(file[start + 20]) | Int(file[start + 21]) << 8
      let signature = UInt32(littleEndian: file.loadUnaligned(fromByteOffset: start, as: UInt32.self))
      if signature == 0x0605_4b50, commentLength == last - start { return start }
    }
    return nil
  }

  /// What the ZIP64 record says, when its locator stands before `start`.
  private static func wide(
    _ file: UnsafeRawBufferPointer, before start: Int
  ) throws(ByteReader.Fault) -> (count: Int, size: Int, offset: Int, end: Int)? {
    guard start >= 20 else { return nil }
    var locator = ByteReader(file, offset: start - 20)
    guard try locator.fixed32() == 0x0706_4b50 else { return nil }
    _ = try locator.take(4)
    let record = try locator.fixed63()
    guard record <= start - 20 else {
      throw .init(offset: start - 20, problem: "the ZIP64 record would lie behind its locator")
    }
    var reader = ByteReader(file, offset: record)
    guard try reader.fixed32() == 0x0606_4b50, try reader.fixed63() == start - 20 - record - 12 else {
      throw .init(offset: record, problem: "no ZIP64 record that ends at its locator is here")
    }
    _ = try reader.take(4)
    let disks = [try reader.fixed32(), try reader.fixed32()]
    let count = try reader.fixed63()
    guard disks == [0, 0], try reader.fixed63() == count else {
      throw .init(offset: record, problem: "an archive in several parts is not read")
    }
    return (count, try reader.fixed63(), try reader.fixed63(), record)
  }
}

extension ByteReader {
  fileprivate mutating func fixed16() throws(Fault) -> Int {
    let bytes = try take(2)
    return Int(bytes[0]) | Int(bytes[1]) << 8
  }

  /// Eight bytes whose value must be a length or position.
  fileprivate mutating func fixed63() throws(Fault) -> Int {
    let start = offset
    guard let value = Int(exactly: try fixed64()) else {
      throw Fault(offset: start, problem: "a number exceeds 63 bits")
    }
    return value
  }
}
