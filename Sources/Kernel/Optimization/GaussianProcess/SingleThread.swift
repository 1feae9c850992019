import COpenBLAS

/// Keeps OpenBLAS on the thread that calls it. The order in which its own threads sum up depends on how many they are,
/// and so would the results.
enum SingleThread {
  private static let set: Void = openblas_set_num_threads(1)

  /// Has its effect once in a process.
  static func ensure() { _ = set }
}
