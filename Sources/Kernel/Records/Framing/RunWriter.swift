import Bytes

/// Passes consecutive records to files that follow each other.
package final class RunWriter {
  private let writer: ShardedWriter
  private var ends: [Int]
  private var current = 0
  private var written = 0

  /// - Parameter ends: how many records lie before the end of each file, ascending.
  init(_ writer: ShardedWriter, ends: [Int]) {
    self.writer = writer
    self.ends = ends
  }

  /// A destination for a shuffle: files of record counts that differ by one at most.
  package init(_ writer: ShardedWriter) {
    self.writer = writer
    ends = RecordSplitting.evenEnds(of: 0, writer.count)
  }

  func write(_ slice: RecordSlice) throws {
    try slice.forEachRun { frames, count in
      // Records beyond the last end can only come from a file that grew meanwhile; they go to the last file.
      if written + count <= ends[current] || current == ends.count - 1 {
        try write(frames: frames, count: count)
      } else {
        try slice.trusted.forEach { try write(frames: $0.frame, count: 1) }
      }
    }
  }

  /// Appends records that all belong to one file.
  func write(frames: UnsafeRawBufferPointer, count: Int) throws {
    while current < ends.count - 1, written >= ends[current] {
      try writer.finish(current)
      current += 1
    }
    try writer.write(frames: frames, count: count, to: current, isOneOfMany: false)
    written += count
  }

  package func commit() throws { try writer.commit() }
}

extension RunWriter: ShuffleDestination {
  package func start(recordCount: Int) { ends = RecordSplitting.evenEnds(of: recordCount, writer.count) }

  package func write(_ frame: UnsafeRawBufferPointer) throws { try write(frames: frame, count: 1) }
}
