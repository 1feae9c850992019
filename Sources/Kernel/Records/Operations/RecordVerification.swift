import Bytes

/// The state of a record file: every checksum checked, on all cores.
package struct RecordVerification: Sendable {
  package let path: String
  package private(set) var recordCount = 0
  /// Bytes of the (uncompressed) record stream up to the first place where it cannot be followed.
  package private(set) var byteCount = 0
  /// Damaged payloads, and at the end the place where the framing is lost, if it is.
  package private(set) var faults: [KernelError] = []

  /// Reads the file to its end, or to where lengths cannot be trusted any more.
  ///
  /// Memory: a chunk of 8 MiB, or the largest record.
  ///
  /// - Parameter progress: called with the bytes of records read so far.
  /// - Throws: ``KernelError`` when the file cannot be read at all; damage is a finding, not an error.
  package init(_ path: String, _ workers: Workers, progress: (Int) -> Void = { _ in }) throws {
    let reader = try RecordReader(path)
    self.path = reader.path
    while let chunk = nextChunk(of: reader) {
      let slices = chunk.slices(ofBytes: 1 << 20)
      let name = reader.path
      let found = try workers.map(slices.count) { slice in
        var faults: [KernelError] = []
        chunk.forEach(slices[slice]) { record in
          do { try record.check(in: name) } catch { if let fault = error as? KernelError { faults.append(fault) } }
        }
        return faults
      }
      faults += found.joined()
      recordCount += chunk.count
      byteCount += chunk.bytes.count
      chunk.bytes.releasePages(0..<chunk.bytes.count)
      progress(byteCount)
    }
  }

  /// The next chunk; a broken frame ends the file and is noted.
  private mutating func nextChunk(of reader: RecordReader) -> RecordChunk? {
    do { return try reader.next() } catch {
      faults.append(error as? KernelError ?? KernelError(.io, path, "\(error)"))
      return nil
    }
  }
}
