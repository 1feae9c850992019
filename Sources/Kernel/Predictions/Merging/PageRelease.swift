import Bytes
import Synchronization

/// Gives the pages of several files back as threads go through them about in order.
final class PageRelease: Sendable {
  private struct Progress {
    /// All rows before have been given back, but for those that were read again since.
    var released = 0
    /// The row after the last one that was read in order.
    var reached = 0
  }

  private let files: [PredictionFile]
  private let size: Int
  private let progress: Mutex<[Progress]>

  /// - Parameter size: how many bytes of a file to collect before they are given back.
  init(_ files: [PredictionFile], size: Int) {
    self.files = files
    self.size = size
    progress = Mutex(files.map { _ in Progress() })
  }

  /// Tells that a thread has read rows of a file.
  func note(_ file: Int, rows: Range<Int>) {
    guard !rows.isEmpty else { return }
    progress.withLock { $0[file].reached = max($0[file].reached, rows.upperBound) }
  }

  /// Gives back what has been read where it is worth it.
  func release() {
    progress.withLock { progress in
      for (index, file) in files.enumerated() {
        let stretch = progress[index].released..<max(progress[index].released, progress[index].reached)
        guard file.byteCount(of: stretch) >= size else { continue }
        // Threads that were behind may have brought some back: a quarter more is given back again.
        let again = min(stretch.lowerBound, stretch.count / 4)
        file.releaseRows(stretch.lowerBound - again..<stretch.upperBound)
        progress[index].released = stretch.upperBound
      }
    }
  }
}
