import Bytes
import Glibc
import Records

/// The memory of batches that follow each other: two buffers take turns, so that one is filled while the other is used.
package struct FeatureBuffers {
  /// Of the batch before, and of the one before that.
  private var buffers: [OwnedBuffer?] = [nil, nil]
  private let hint: String

  /// - Parameter hint: what helps when a batch does not fit the memory.
  package init(hint: String) { self.hint = hint }

  /// The buffer of the batch before the last one, grown if it is too small for the features of `count` videos.
  ///
  /// - Throws: ``KernelError`` `.io` when they take more than a third of the machine's memory.
  package mutating func next(_ count: Int, _ schema: VideoSchema) throws -> OwnedBuffer {
    buffers.swapAt(0, 1)
    let rows = schema.level == .frame ? schema.maxFrames : 1
    var (byteCount, overflow) = (4 * schema.rowSize).multipliedReportingOverflow(by: rows)
    if !overflow { (byteCount, overflow) = byteCount.multipliedReportingOverflow(by: count) }
    if let buffer = buffers[0], !overflow, buffer.bytes.count >= byteCount { return buffer }
    buffers[0] = nil
    let memory = max(0, sysconf(Int32(_SC_PHYS_PAGES))) * max(0, sysconf(Int32(_SC_PAGESIZE)))
    // Two of them are needed, and the graph's own values come on top.
    guard !overflow, byteCount <= memory / 3 else {
      throw KernelError(
        .io, "", "the features of \(count) videos do not fit the memory of this machine", hint: hint)
    }
    let buffer = try OwnedBuffer(ifThereIsRoomFor: byteCount)
    buffers[0] = buffer
    return buffer
  }
}

/// The rows of a batch, each of which one thread fills.
package struct SharedRows: @unchecked Sendable {
  // Sendable holds because no two threads have the same row.
  private let rows: UnsafeMutableBufferPointer<Float>
  private let rowSize: Int

  /// - Parameters:
  ///   - rows: all rows, one after the other; they must outlive this.
  ///   - rowSize: how many numbers a row has.
  package init(rows: UnsafeMutableBufferPointer<Float>, rowSize: Int) {
    self.rows = rows
    self.rowSize = rowSize
  }

  /// One row.
  package subscript(row: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: rows[row * rowSize..<(row + 1) * rowSize])
  }
}
