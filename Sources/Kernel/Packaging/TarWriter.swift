import Bytes
import CArchive
import Glibc

/// Writes a tar archive of regular files into a sink: ustar headers (pax ones only where ustar has no room, as for
/// sizes from 8 GiB), mode 0644, no time, no owner. The same members give the same bytes.
final class TarWriter {
  private let sink: any ByteSink
  private let archive: OpaquePointer
  private let entry: OpaquePointer
  private var failure: (any Error)?

  init(into sink: any ByteSink) throws {
    guard let archive = archive_write_new(), let entry = archive_entry_new() else {
      throw KernelError(.io, "", "libarchive cannot start")
    }
    self.sink = sink
    self.archive = archive
    self.entry = entry
    archive_write_set_format_pax_restricted(archive)
    // No buffer of libarchive's own, and no padding but the two blocks that end an archive.
    archive_write_set_bytes_per_block(archive, 0)
    try check(
      archive_write_open(
        archive, Unmanaged.passUnretained(self).toOpaque(), nil,
        { _, writer, bytes, count in
          guard let writer else { return -1 }
          return Unmanaged<TarWriter>.fromOpaque(writer).takeUnretainedValue()
            .pass(UnsafeRawBufferPointer(start: bytes, count: count))
        }, nil))
  }

  deinit {
    // An unfinished archive must not be ended properly: that would still write.
    archive_write_fail(archive)
    archive_write_free(archive)
    archive_entry_free(entry)
  }

  private func pass(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard failure == nil else { return -1 }
    do {
      try sink.write(bytes)
      return bytes.count
    } catch {
      failure = error
      return -1
    }
  }

  /// Starts a member, of which `byteCount` bytes must follow.
  func begin(_ name: String, byteCount: Int) throws {
    archive_entry_clear(entry)
    archive_entry_set_pathname(entry, name)
    archive_entry_set_filetype(entry, UInt32(S_IFREG as mode_t))
    archive_entry_set_perm(entry, 0o644)
    archive_entry_set_size(entry, Int64(byteCount))
    archive_entry_set_mtime(entry, 0, 0)
    try check(archive_write_header(archive, entry))
  }

  /// Appends to the member begun last.
  func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      let count = archive_write_data(archive, piece.baseAddress, piece.count)
      guard count > 0 else { throw error() }
      rest = rest.dropFirst(count)
    }
  }

  /// Ends the archive.
  func finish() throws { try check(archive_write_close(archive)) }

  private func check(_ status: Int32) throws { if status != ARCHIVE_OK { throw error() } }

  private func error() -> any Error {
    failure
      ?? KernelError(.io, "", archive_error_string(archive).map { String(cString: $0) } ?? "libarchive gave up")
  }
}
