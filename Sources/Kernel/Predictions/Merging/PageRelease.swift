import Bytes
import Synchronization

/// Gives the pages of several files back as threads go through them.
///
/// Where files are in the same order, that is what all threads have passed. Rows out of order touch pages anywhere;
/// when those come to ``scatteredLimit`` bytes, the files' pages are given back wholly, so that what is resident is
/// bounded there too, and nothing is given back in vain where it fits.
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
  private let windows: TouchedWindows

  /// How much of all files may be resident because of rows out of order.
  static let scatteredLimit = 384 << 20

  /// - Parameter size: how many bytes of a file to collect before they are given back.
  init(_ files: [PredictionFile], size: Int) {
    self.files = files
    self.size = size
    progress = Mutex(files.map { _ in Progress() })
    windows = TouchedWindows(files.map(\.bytes.count))
  }

  /// Tells that a thread has read rows of a file.
  func note(_ file: Int, rows: Range<Int>) {
    guard !rows.isEmpty else { return }
    progress.withLock { $0[file].reached = max($0[file].reached, rows.upperBound) }
  }

  /// Tells that a thread reads at a place of a file that is out of order.
  func noteScattered(_ file: Int, at offset: Int) {
    guard windows.touch(file, at: offset), windows.byteCount >= PageRelease.scatteredLimit else { return }
    // Whoever else comes to the limit waits, rather than going beyond it.
    progress.withLock { _ in
      guard windows.byteCount >= PageRelease.scatteredLimit else { return }
      for (index, file) in files.enumerated() where windows.forget(index) { file.releaseRows(0..<file.count) }
    }
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
