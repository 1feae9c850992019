import Bytes
import Glibc

/// A checkpoint that is written and durable, but not yet there: its files have no names.
///
/// When it goes away uncommitted, nothing of it stays.
public struct PreparedCheckpoint {
  /// In the order in which they are to appear.
  let files: [AtomicFile]
  /// Data files of the checkpoint that is replaced which the new one has no use for.
  var stale: [String] = []

  /// Gives the files their names; when that fails, what was there before is put back.
  public func commit() throws { try PreparedCheckpoint.commit([self]) }

  /// Makes several checkpoints appear, all of them or none.
  ///
  /// - Throws: ``KernelError`` of the first file that cannot be named.
  public static func commit(_ prepared: [PreparedCheckpoint]) throws {
    try FileSet(prepared.flatMap(\.files)).commit()
    for path in prepared.flatMap(\.stale) { unlink(path) }
  }
}
