import Glibc

/// The system calls of writing, as values, so that a test can make the n-th one fail (disk full, short write).
package struct SystemCalls: Sendable {
  package var open: @Sendable (_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32
  package var pwrite: @Sendable (_ descriptor: Int32, UnsafeRawPointer, _ count: Int, _ offset: Int) -> Int
  package var fsync: @Sendable (_ descriptor: Int32) -> Int32
  package var link: @Sendable (_ descriptor: Int32, _ path: String) -> Int32
  package var rename: @Sendable (_ from: String, _ to: String) -> Int32

  /// Each call by what stands in for it; see ``live`` for the real ones.
  package init(
    open: @escaping @Sendable (String, Int32, mode_t) -> Int32,
    pwrite: @escaping @Sendable (Int32, UnsafeRawPointer, Int, Int) -> Int,
    fsync: @escaping @Sendable (Int32) -> Int32,
    link: @escaping @Sendable (Int32, String) -> Int32,
    rename: @escaping @Sendable (String, String) -> Int32
  ) {
    self.open = open
    self.pwrite = pwrite
    self.fsync = fsync
    self.link = link
    self.rename = rename
  }

  package static let live = SystemCalls(
    open: { Glibc.open($0, $1, $2) },
    pwrite: { Glibc.pwrite($0, $1, $2, off_t($3)) },
    fsync: { Glibc.fsync($0) },
    link: { linkat(AT_FDCWD, "/proc/self/fd/\($0)", AT_FDCWD, $1, AT_SYMLINK_FOLLOW) },
    rename: { Glibc.rename($0, $1) })
}

/// `O_TMPFILE` (`__O_TMPFILE | O_DIRECTORY`), a macro that Swift does not import.
let openUnnamed: Int32 = 0o20000000 | O_DIRECTORY
