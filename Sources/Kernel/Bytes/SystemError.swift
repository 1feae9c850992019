import Glibc

/// A failed system call: its `errno`, put into words.
package struct SystemError: Error, Equatable {
  package let code: Int32

  /// The error that the last failed call left in `errno`.
  package init(_ code: Int32 = errno) { self.code = code }

  package var message: String {
    // glibc's strerror is safe to call from any thread since 2.32.
    let text = String(cString: strerror(code))
    return text.prefix(1).lowercased() + text.dropFirst()
  }

  /// The error for a failed attempt to open or read `path`.
  package func reading(_ path: String) -> KernelError {
    let missing = code == ENOENT || code == EACCES || code == EISDIR || code == ENOTDIR || code == ELOOP
    return KernelError(missing ? .noInput : .io, path, message)
  }

  /// The error for a failed attempt to create or write `path`.
  package func writing(_ path: String) -> KernelError {
    switch code {
    case ENOSPC, EDQUOT:
      return KernelError(.io, path, message, hint: "free some space or write to another disk")
    case EFBIG:
      return KernelError(.io, path, message, hint: "the file size limit (ulimit -f) or the file system forbids it")
    case EIO: return KernelError(.io, path, message)
    default: return KernelError(.cannotCreate, path, message)
    }
  }
}
