import Bytes

/// The arrays of a `.npz` archive, as `numpy.savez` and `numpy.savez_compressed` write it.
///
/// Opening reads the archive's directory and the header of each array. Memory: for each array asked for, nothing where
/// it is stored in our order (it is mapped), one copy otherwise, two if it is both compressed and in another order.
package struct NpzArchive: Sendable {
  /// One array.
  package struct Member: Sendable {
    /// Without `.npy`.
    package let name: [UInt8]
    package let header: NpyHeader
    fileprivate let stored: ZipDirectory.Member
  }

  package let path: String
  /// In the order of the archive.
  package let members: [Member]
  /// The size of the archive itself.
  package var byteCount: Int { file.count }
  private let file: ByteView

  /// - Throws: ``KernelError`` when the file is missing or damaged, or an array has no type that we know.
  package init(path: String) throws { try self.init(MappedFile(path).view, path: path) }

  package init(_ file: ByteView, path: String) throws {
    self.path = path
    self.file = file
    members = try ZipDirectory(file, path: path).members.map { try NpzArchive.member($0, file, path: path) }
  }

  private static func member(_ stored: ZipDirectory.Member, _ file: ByteView, path: String) throws -> Member {
    let suffix = Array(".npy".utf8)
    let hasSuffix = stored.name.suffix(suffix.count).elementsEqual(suffix)
    let name = hasSuffix ? Array(stored.name.dropLast(suffix.count)) : stored.name
    func fail(_ problem: String) -> KernelError {
      KernelError(.badData, path, at: .tensor(String(decoding: name, as: UTF8.self)), problem)
    }
    let header: NpyHeader
    do { header = try self.header(of: stored, file) } catch let fault as ByteReader.Fault {
      throw fail("byte \(fault.offset) of its array: \(fault.problem)")
    } catch let damage as Inflate.Damage {
      throw fail(damage.problem)
    }
    guard stored.size - header.headerByteCount == header.dataByteCount else {
      throw fail(
        "its array of shape \(header.shape) takes \(header.dataByteCount) bytes,"
          + " but \(stored.size - header.headerByteCount) are stored")
    }
    return Member(name: name, header: header, stored: stored)
  }

  /// The elements of `member`, row-major and little-endian, its checksum checked.
  package func bytes(of member: Member) throws -> ByteView {
    let whole = try NpzArchive.bytes(of: member.stored, file, path: path)
    return try member.header.ordered(whole.subview(member.header.headerByteCount..<whole.count))
  }
}

extension NpzArchive {
  /// The array's header, inflating no more than it takes.
  private static func header(of member: ZipDirectory.Member, _ file: ByteView) throws -> NpyHeader {
    try file.subview(member.data).withUnsafeBytes { stored in
      guard member.isDeflated else { return try NpyHeader(parsing: stored) }
      // Nearly every header has 128 bytes.
      if let header = try? inflatedHeader(stored, room: min(256, member.size)) { return header }
      return try inflatedHeader(stored, room: min(NpyHeader.lengthLimit + 12, member.size))
    }
  }

  private static func inflatedHeader(_ stored: UnsafeRawBufferPointer, room: Int) throws -> NpyHeader {
    try withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { buffer in
      let count = try Inflate.beginning(of: stored, into: buffer)
      return try NpyHeader(parsing: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// The CRC-32 of `bytes`; a mapped file's pages are given back on the way, so a large member takes no memory.
  private static func checksum(of bytes: ByteView) -> UInt32 {
    let step = 8 << 20
    return stride(from: 0, to: bytes.count, by: step).reduce(0) { crc, start in
      let piece = start..<min(start + step, bytes.count)
      let next = bytes.subview(piece).withUnsafeBytes { CRC32.extend(crc, $0) }
      bytes.releasePages(piece)
      return next
    }
  }

  /// The member inflated, its checksum checked.
  private static func bytes(of member: ZipDirectory.Member, _ file: ByteView, path: String) throws -> ByteView {
    let place = KernelError.Place.member(String(decoding: member.name, as: UTF8.self))
    var bytes = file.subview(member.data)
    if member.isDeflated {
      do {
        let stored = bytes
        bytes = try ByteView(byteCount: member.size) { output in
          try stored.withUnsafeBytes { try Inflate.all($0, into: output) }
        }
      } catch let damage as Inflate.Damage {
        throw KernelError(.badData, path, at: place, damage.problem)
      }
    }
    let found = checksum(of: bytes)
    guard found == member.crc else {
      throw KernelError(
        .badData, path, at: place, "checksum \(hex(found)) of its bytes does not match \(hex(member.crc))",
        hint: "the file is damaged; copy it again")
    }
    return bytes
  }
}
