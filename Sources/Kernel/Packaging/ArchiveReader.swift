import Bytes
import CArchive
import Glibc

/// Reads a tar archive member by member, trusting nothing in it.
///
/// libarchive takes the headers apart with tar as its only format and no filter of its own: version 3.6 does not
/// verify gzip's checksum, ``GzipReader`` does. Everything but regular files and folders with harmless, distinct
/// names is refused, and so is whatever ends before tar's end mark (two blocks of zeros) or goes on after it.
///
/// Memory: 1 MiB and the names.
final class ArchiveReader {
  struct Member {
    let name: MemberName
    let isFolder: Bool
    let byteCount: Int
  }

  var path: String { stream.path }
  var archiveBytesRead: Int { stream.archiveBytesRead }
  private let stream: ArchiveStream
  private let limits: ArchiveLimits
  private let archive: OpaquePointer
  private var failure: (any Error)?
  /// What a name was used for; the value says whether that is a folder.
  private var seen: [MemberName: Bool] = [:]
  private var memberCount = 0
  private var announcedBytes = 0
  private var hasCurrent = false
  /// Its name as stored, for messages.
  private var current = ""

  init(_ path: String, limits: ArchiveLimits) throws {
    stream = try ArchiveStream(path, limits: limits)
    self.limits = limits
    guard let archive = archive_read_new() else { throw KernelError(.io, path, "libarchive cannot start") }
    self.archive = archive
    archive_read_support_format_tar(archive)
    let status = archive_read_open(
      archive, Unmanaged.passUnretained(self).toOpaque(), nil,
      { archive, reader, bytes in
        guard let reader, let bytes else { return -1 }
        return Unmanaged<ArchiveReader>.fromOpaque(reader).takeUnretainedValue().feed(bytes)
      }, nil)
    try check(status)
  }

  deinit { archive_read_free(archive) }

  private func feed(_ bytes: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
    do {
      let piece = try stream.next()
      bytes.pointee = piece.baseAddress
      return piece.count
    } catch {
      failure = error
      return -1
    }
  }

  /// The next member, or `nil` after the last, when the whole archive has been checked.
  func next() throws -> Member? {
    var end = 0
    while true {
      if hasCurrent { end = try skipRest() }
      var entry: OpaquePointer?
      let status = archive_read_next_header(archive, &entry)
      if status == ARCHIVE_EOF {
        try finish(contentEnd: end)
        return nil
      }
      try check(status)
      guard let entry else { throw KernelError(.badData, path, "a member without a header") }
      hasCurrent = true
      let member = try self.member(entry)
      // Nothing is to be done about the folder that everything is in, which `tar -C folder .` stores.
      if !member.name.components.isEmpty { return member }
    }
  }

  /// Fills a beginning of `buffer` with what comes next of the current member; 0 at its end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
    guard count >= 0 else { throw error() }
    return count
  }

  /// Passes over what is left of the current member and returns the offset after its padding.
  private func skipRest() throws -> Int {
    try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { scratch in
      while try read(into: scratch) > 0 {}
    }
    return Int(archive_filter_bytes(archive, 0))
  }

  private func finish(contentEnd: Int) throws {
    while try !stream.next().isEmpty {}
    guard stream.contentEnd <= contentEnd else {
      throw KernelError(.badData, path, at: .byte(stream.contentEnd), "data follows the archive's end mark")
    }
    guard stream.count - contentEnd >= 1024, stream.count % 512 == 0 else { throw truncated() }
    guard memberCount > 0 else { throw KernelError(.badData, path, "holds no members") }
  }

  private func member(_ entry: OpaquePointer) throws -> Member {
    let raw = rawName(entry)
    current = String(decoding: raw, as: UTF8.self)
    func refuse(_ problem: String, hint: String? = nil) -> KernelError {
      KernelError(.badData, path, at: .member(current), problem, hint: hint)
    }
    let name: MemberName
    do { name = try MemberName(raw) } catch { throw refuse(error.problem) }
    if archive_entry_hardlink(entry) != nil { throw refuse("is a hard link, which is not allowed here") }
    let kind = archive_entry_filetype(entry)
    guard kind == S_IFREG || kind == S_IFDIR else {
      throw refuse("is \(kindName(kind)), which is not allowed here")
    }
    guard archive_entry_sparse_count(entry) == 0 else {
      throw refuse("is a sparse file, which is not allowed here")
    }
    let size = Int(archive_entry_size(entry))
    guard size >= 0, kind == S_IFREG || size == 0 else { throw refuse("has an impossible size") }
    memberCount += name.components.isEmpty ? 0 : 1
    guard memberCount <= limits.memberCount else {
      throw KernelError(.badData, path, "holds more than the \(limits.memberCount) members allowed")
    }
    guard size <= limits.totalBytes - announcedBytes else {
      throw refuse(
        "brings the contents above the \(limits.totalBytes) bytes allowed",
        hint: "raise the limit if you trust the archive")
    }
    announcedBytes += size
    let isFolder = kind == S_IFDIR
    for ancestor in name.ancestors {
      guard seen.updateValue(true, forKey: ancestor) ?? true else {
        throw refuse("lies in \(ancestor.path), which is a file")
      }
    }
    if let earlier = seen.updateValue(isFolder, forKey: name), !(earlier && isFolder) {
      throw refuse("appears twice")
    }
    return Member(name: name, isFolder: isFolder, byteCount: size)
  }

  /// The name's bytes: as stored, or as UTF-8 where a pax header gives them and the locale cannot.
  private func rawName(_ entry: OpaquePointer) -> [UInt8] {
    guard let name = archive_entry_pathname(entry) ?? archive_entry_pathname_utf8(entry) else { return [] }
    return [UInt8](UnsafeRawBufferPointer(start: name, count: strlen(name)))
  }

  private func kindName(_ kind: mode_t) -> String {
    switch kind {
    case S_IFLNK: "a symbolic link"
    case S_IFCHR, S_IFBLK: "a device"
    case S_IFIFO: "a named pipe"
    case S_IFSOCK: "a socket"
    default: "of an unknown kind"
    }
  }

  private func check(_ status: Int32) throws {
    // A warning is about attributes that are not used here.
    guard status == ARCHIVE_OK || status == ARCHIVE_WARN else { throw error() }
  }

  private func error() -> any Error {
    if let failure { return failure }
    let text = archive_error_string(archive).map { String(cString: $0) } ?? "unreadable"
    if text.hasPrefix("Truncated") { return truncated() }
    return KernelError(
      .badData, path, at: current.isEmpty ? nil : .member(current),
      "not a tar archive that can be read: \(text.prefix(1).lowercased() + text.dropFirst())")
  }

  private func truncated() -> KernelError {
    KernelError(
      .badData, path, at: .byte(stream.count), "the archive ends too early",
      hint: "the copy is not complete; copy it again")
  }
}
