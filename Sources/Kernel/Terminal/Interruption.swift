import ArgumentParser
import Glibc

/// Ctrl-C as a request to end in order: the first SIGINT or SIGTERM is noted, the second kills as usual.
///
///     Interruption.watch()
///     while !Interruption.isRequested { … }
package enum Interruption {
  /// Notes the next signal instead of dying from it.
  package static func watch() {
    noted = 0
    var action = sigaction()
    // The kernel takes the handler away when it has been called, and goes on with interrupted calls.
    action.sa_flags = SA_RESTART | Int32(bitPattern: 0x8000_0000)  // SA_RESETHAND
    action.__sigaction_handler.sa_handler = { noted = $0 }
    for signal in [SIGINT, SIGTERM] {
      var before = sigaction()
      sigaction(signal, nil, &before)
      // Who starts a program with a signal ignored, as nohup and shells do in the background, means it.
      let isIgnored = unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) == 1  // SIG_IGN
      if !isIgnored { sigaction(signal, &action, nil) }
    }
  }

  /// Whether there was a signal since ``watch()``.
  package static var isRequested: Bool { noted != 0 }

  /// The signal that there was; `nil` when there was none.
  package static var signal: Int32? { noted == 0 ? nil : noted }

  /// Dies of the signal when `status` says that it ended the program, so that a shell that runs it in a loop ends too,
  /// and `make` and `timeout` see what happened.
  static func passOn(_ status: ExitCode) {
    guard let signal, status == ExitStatus.ended(by: signal) else { return }
    Glibc.signal(signal, SIG_DFL)
    raise(signal)
  }
}

/// Written by the handler, where only such a plain store is allowed.
nonisolated(unsafe) private var noted: sig_atomic_t = 0
