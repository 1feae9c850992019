import Bytes
import Checkpoints
import Glibc

/// The tar stream inside an archive file: ungzipped if need be, counted, and watched for bombs.
final class ArchiveStream {
  let path: String
  /// Bytes of the tar stream so far.
  private(set) var count = 0
  /// The offset after the last byte so far that is not zero.
  private(set) var contentEnd = 0

  /// Bytes of the archive file so far.
  var archiveBytesRead: Int { gzip?.compressedCount ?? count }

  private let source: any ByteSource
  private let gzip: GzipReader?
  private let limits: ArchiveLimits
  private let buffer = OwnedBuffer(byteCount: 256 << 10)

  /// - Throws: ``KernelError`` `.noInput` when there is no such file, `.badData` for another kind of archive.
  init(_ path: String, limits: ArchiveLimits) throws {
    let file = try PeekedSource(FileReader(path))
    self.path = file.name
    self.limits = limits
    if let hint = gitPointerHint(ByteView(file.beginning)) {
      throw KernelError(.badData, file.name, "is not a tar archive", hint: hint)
    }
    if let problem = ArchiveStream.otherKind(file.beginning) {
      throw KernelError(.badData, file.name, problem, hint: "archives are .tar or .tar.gz (.tgz)")
    }
    gzip = GzipReader.recognizes(file.beginning) ? try GzipReader(file) : nil
    source = gzip ?? file
  }

  private static func otherKind(_ head: [UInt8]) -> String? {
    if head.isEmpty { return "is empty" }
    if head.starts(with: Array("PK".utf8)) { return "is a zip file, not a tar archive" }
    if head.starts(with: Array("BZh".utf8)) { return "is compressed with bzip2, not gzip" }
    if head.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a]) { return "is compressed with xz, not gzip" }
    if head.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) { return "is compressed with zstd, not gzip" }
    return nil
  }

  /// The next piece of the stream, valid until the next call; empty at the end.
  func next() throws -> UnsafeRawBufferPointer {
    let length = try source.read(into: buffer.bytes)
    let piece = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<length])
    if !piece.isAllZero, let last = piece.lastIndex(where: { $0 != 0 }) { contentEnd = count + last + 1 }
    count += length
    try checkForBomb()
    return piece
  }

  private func checkForBomb() throws {
    // Headers and padding come on top of the contents.
    let overhead = 64 << 20
    guard count - overhead <= limits.totalBytes else {
      throw KernelError(
        .badData, path, "unpacks to more than the \(limits.totalBytes) bytes allowed",
        hint: "raise the limit if you trust the archive")
    }
    guard let gzip, count > 64 << 20, count / max(1, gzip.compressedCount) >= limits.ratio else { return }
    throw KernelError(
      .badData, path, "unpacks to more than \(limits.ratio) times its size: this is most likely a bomb")
  }
}

extension UnsafeRawBufferPointer {
  /// Decided by comparing the bytes with themselves, one further on, as fast as the C library can.
  fileprivate var isAllZero: Bool {
    guard let base = baseAddress, count > 0 else { return true }
    return self[0] == 0 && memcmp(base, base + 1, count - 1) == 0
  }
}
