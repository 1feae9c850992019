import Bytes

/// Writes the arrays of a `.npz` archive that grow side by side: the size of each is known from the start, its bytes
/// come in pieces. The file is the one that `numpy.savez` writes for the same arrays.
///
/// Memory: none to speak of; pieces are written as they come.
package final class NpzArrays {
  /// An array to be written.
  package struct Plan: Sendable {
    /// Without `.npy`.
    package let name: String
    /// As ``NpyHeader/bytes(of:shape:)`` makes it.
    package let header: [UInt8]
    /// Bytes of the elements.
    package let byteCount: Int

    package init(name: String, header: [UInt8], byteCount: Int) {
      self.name = name
      self.header = header
      self.byteCount = byteCount
    }
  }

  private struct Member {
    var record: ZipRecord
    let local: AtomicFile.Region
    let data: AtomicFile.Region
    let size: Int
    var filled = 0
  }

  private let file: AtomicFile
  private var members: [Member] = []

  /// - Throws: ``KernelError`` `.cannotCreate` when the file cannot be, `.usage` for a name that ZIP cannot hold.
  package init(_ plans: [Plan], to path: String, existing: AtomicFile.Existing) throws {
    file = try AtomicFile(path, existing: existing)
    for plan in plans {
      let name = Array(plan.name.utf8) + Array(".npy".utf8)
      guard name.count <= 0xffff, !name.contains(0) else {
        throw KernelError(.usage, path, at: .tensor(plan.name), "its name is too long or holds a zero byte")
      }
      let size = plan.header.count + plan.byteCount
      let record = ZipRecord(name: name, size: size, offset: file.byteCount)
      members.append(
        Member(record: record, local: file.reserve(record.local.count), data: file.reserve(size), size: size))
      try write(plan.header, to: members.count - 1)
    }
  }

  /// Appends `bytes` to the elements of array `number`.
  package func write(_ bytes: UnsafeRawBufferPointer, to number: Int) throws {
    try members[number].data.write(bytes, at: members[number].filled)
    members[number].record.crc = CRC32.extend(members[number].record.crc, bytes)
    members[number].filled += bytes.count
  }

  package func write(_ bytes: [UInt8], to number: Int) throws {
    try bytes.withUnsafeBytes { try write($0, to: number) }
  }

  /// Ends the archive, all of whose arrays are full, and makes it appear.
  package func commit() throws {
    for member in members {
      precondition(member.filled == member.size, "an array is not full")
      try member.record.local.withUnsafeBytes { try member.local.write($0, at: 0) }
    }
    try file.write(ZipRecord.directory(of: members.map(\.record), at: file.byteCount))
    try file.commit()
  }
}
