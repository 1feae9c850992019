import COpenBLAS

/// Keeps OpenBLAS on the thread that calls it. The order in which its own threads sum up depends on how many they are,
/// and so would the results.
package enum SingleThread {
  /// The number comes first: setting it starts threads that were ended.
  private static let set: Void = {
    openblas_set_num_threads(1)
    end_openblas_threads()
  }()

  /// Has its effect once in a process; best as its first act, since the library starts its threads when it is
  /// loaded, and each waits in a loop for the first tens of milliseconds.
  package static func ensure() { _ = set }
}
