import Glibc

/// What the programs do about signals.
enum Signals {
  /// Sets the dispositions; call once, before any work.
  ///
  /// - SIGPIPE kills silently even when the parent ignored it, so that `ckpt-tool ls … | head` ends at once.
  /// - SIGXFSZ is ignored, so that a file size limit is an error of `write` with a message.
  /// - SIGBUS, which a mapped input raises when it is cut short by someone else, ends with one line and status 74.
  static func install(program: String) {
    signal(SIGPIPE, SIG_DFL)
    signal(SIGXFSZ, SIG_IGN)
    var pipe = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    sigprocmask(SIG_UNBLOCK, &pipe, nil)

    let text = Array("\(program): an input file was cut short while it was being read\n".utf8)
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: text.count, alignment: 1)
    copy.copyBytes(from: text)
    shrunkFileMessage = UnsafeRawBufferPointer(copy)
    var action = sigaction()
    action.sa_flags = SA_SIGINFO
    action.__sigaction_handler.sa_sigaction = { _, information, _ in
      // Only async-signal-safe calls here: the message was made beforehand.
      guard let information, information.pointee.si_code == beyondEndOfMapping else {
        // Any other bus error happens again on return, and kills as it would have.
        signal(SIGBUS, SIG_DFL)
        return
      }
      _ = write(2, shrunkFileMessage.baseAddress, shrunkFileMessage.count)
      _exit(74)
    }
    sigaction(SIGBUS, &action, nil)
  }
}

/// `BUS_ADRERR`, which Swift does not import: the address lies behind the end of the mapped file.
private let beyondEndOfMapping: Int32 = 2

/// Written once, by ``Signals/install(program:)``, before the handler that reads it exists.
nonisolated(unsafe) private var shrunkFileMessage = UnsafeRawBufferPointer(start: nil, count: 0)
