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

  /// Gives the files their names.
  public func commit() throws {
    for file in files { try file.commit() }
    for path in stale { unlink(path) }
  }
}
