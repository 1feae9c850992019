import Bytes

/// A file or folder in an archive.
public struct ArchiveMember: Sendable, Equatable {
  /// Relative path with `/`.
  public let name: String
  /// 0 for a folder.
  public let byteCount: Int
  public let isFolder: Bool
}

/// What is in an archive, found without unpacking it.
///
/// The whole archive is read and checked on the way: its checksum, its end, the names and kinds of its members.
/// Memory: the contents of the `.index` members, at most 256 MiB together.
public struct ArchiveListing: Sendable {
  public let path: String
  /// The size of the archive itself.
  public let archiveByteCount: Int
  /// In the archive's order.
  public let members: [ArchiveMember]
  /// The `.index` members with their bytes, from which the tensors can be listed.
  public let indexMembers: [(name: String, contents: ByteView)]

  private static let largestIndexes = 256 << 20

  /// Reads the archive at `path`.
  ///
  /// - Throws: ``KernelError`` `.noInput` when there is none, `.badData` when it is damaged or not acceptable to
  ///   ``ArchiveUnpacker``.
  public init(_ path: String, limits: ArchiveLimits = ArchiveLimits()) throws {
    self.path = path
    let reader = try ArchiveReader(path, limits: limits)
    var members: [ArchiveMember] = []
    var indexes: [(name: String, contents: ByteView)] = []
    var room = ArchiveListing.largestIndexes
    while let member = try reader.next() {
      members.append(
        ArchiveMember(name: member.name.path, byteCount: member.byteCount, isFolder: member.isFolder))
      guard !member.isFolder, member.name.path.hasSuffix(".index") else { continue }
      guard member.byteCount <= room else {
        throw KernelError(
          .badData, path, at: .member(member.name.path), "is too large for an index: \(member.byteCount) bytes")
      }
      room -= member.byteCount
      indexes.append((member.name.path, ByteView(try reader.contents())))
    }
    self.members = members
    indexMembers = indexes
    archiveByteCount = FileStatus(path)?.size ?? 0
  }
}

extension ArchiveReader {
  /// All of the current member; grows with what is there, not with what the header promises.
  fileprivate func contents() throws -> [UInt8] {
    var bytes: [UInt8] = []
    try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { piece in
      while case let count = try read(into: piece), count > 0 { bytes += piece[..<count] }
    }
    return bytes
  }
}
