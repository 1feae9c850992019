import Bytes

/// The state of a record file: every checksum checked, on all cores.
package struct RecordVerification: Sendable {
  package let path: String
  package let recordCount: Int
  /// How many of them were in the part of the job that was verified.
  package let verifiedCount: Int
  /// Bytes of the (uncompressed) record stream up to the first place where it cannot be followed.
  package let byteCount: Int
  /// Damaged payloads, and at the end the place where the framing is lost, if it is.
  package let faults: [KernelError]

  /// Reads the file to its end, or to where lengths cannot be trusted any more.
  ///
  /// Memory: as ``RecordScan``.
  ///
  /// - Parameters:
  ///   - shard: the part of the payloads to check; lengths are all checked.
  ///   - earlierCount: how many records the files before this one have.
  ///   - progress: called with the bytes of records read so far.
  /// - Throws: ``KernelError`` when the file cannot be read at all; damage is a finding, not an error.
  package init(
    _ path: String, _ workers: Workers, shard: RecordShard? = nil, earlierCount: Int = 0,
    progress: (Int) -> Void = { _ in }
  ) throws {
    self.path = FileArguments.displayName(of: path)
    var recordCount = 0
    var verifiedCount = 0
    var byteCount = 0
    var faults: [KernelError] = []
    do {
      var scan = RecordScan([path], workers, shard: shard, checksPayloads: false)
      scan.earlierCount = earlierCount
      try scan.run({ name, slice in
        var finding = Finding(byteCount: slice.byteCount, recordCount: slice.recordCount)
        try slice.forEach { record in
          finding.verifiedCount += 1
          do { try record.check(in: name) } catch let fault as KernelError { finding.faults.append(fault) }
        }
        return finding
      }) { _, finding in
        recordCount += finding.recordCount
        verifiedCount += finding.verifiedCount
        byteCount += finding.byteCount
        faults += finding.faults
        progress(byteCount)
      }
    } catch let fault as KernelError where fault.kind == .badData {
      // Lengths cannot be trusted any more.
      faults.append(fault)
    }
    self.recordCount = recordCount
    self.verifiedCount = verifiedCount
    self.byteCount = byteCount
    self.faults = faults
  }

  /// What was found in a slice.
  private struct Finding: Sendable {
    let byteCount: Int
    let recordCount: Int
    var verifiedCount = 0
    var faults: [KernelError] = []
  }
}
