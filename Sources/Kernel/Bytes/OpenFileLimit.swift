import Glibc

/// How many files this process may hold open.
package enum OpenFileLimit {
  /// Raises the limit, as far as the system lets a user do it, so that `count` more files can be open at once.
  ///
  /// - Throws: ``KernelError`` `.usage` when that is not enough.
  package static func raise(toHold count: Int) throws {
    // Standard files, inputs and libraries need a few.
    let needed = rlim_t(count) + 64
    var limit = rlimit()
    guard getrlimit(.init(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < needed else { return }
    guard limit.rlim_max >= needed else {
      throw KernelError(
        .usage, "", "\(count) files would be open at once, but the system allows \(limit.rlim_max)",
        hint: "make fewer, or raise the limit (ulimit -Hn)")
    }
    limit.rlim_cur = needed
    guard setrlimit(.init(RLIMIT_NOFILE.rawValue), &limit) == 0 else { throw SystemError().writing("") }
  }
}
