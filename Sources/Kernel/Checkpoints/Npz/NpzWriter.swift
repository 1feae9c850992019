import Bytes
import Tensors

/// Writes a plan as a `.npz` archive, byte for byte as `numpy.savez` does for the same arrays in the order of their
/// names: stored members with ZIP64 sizes, dated 1980-01-01.
public struct NpzWriter {
  public let path: String
  private let members: [Member]
  private let existing: AtomicFile.Existing

  private struct Member {
    let tensor: PlannedTensor
    let name: [UInt8]
    let header: [UInt8]
  }

  /// Checks, before any work, that the format can hold every tensor and that the file can be created.
  ///
  /// - Throws: ``KernelError`` `.usage` naming a tensor that numpy has no type for or whose name ZIP cannot hold,
  ///   `.cannotCreate` or `.io` when `path` cannot be created or its disk is too full.
  public init(_ plan: OutputPlan, to path: String, existing: AtomicFile.Existing) throws {
    self.path = path
    self.existing = existing
    members = try plan.tensors.sorted { $0.info.name < $1.info.name }.map { tensor in
      let name = Array(try utf8Name(of: tensor.info, path: path, format: "npz").utf8) + Array(".npy".utf8)
      // zipfile, and so numpy, cuts names at a zero.
      guard name.count <= 0xffff, !name.contains(0) else {
        throw KernelError(
          .usage, path, at: .tensor(tensor.info.name.description), "its name is too long or holds a zero byte",
          hint: "rename the tensor")
      }
      guard let header = NpyHeader.bytes(of: tensor.info.dtype, shape: tensor.info.shape) else {
        throw unsupported(tensor.info, path: path, format: "npz")
      }
      return Member(tensor: tensor, name: name, header: header)
    }
    let overhead = members.reduce(0) { $0 + $1.header.count + 2 * $1.name.count + 128 }
    try checkRoom(at: path, existing: existing, byteCount: [plan.byteCount, overhead, 128].saturatedSum)
  }

  /// Writes the file and makes it appear.
  ///
  /// - Parameter progress: called with the bytes of tensors written so far.
  public func write(_ workers: Workers, progress: (Int) -> Void = { _ in }) throws {
    try prepare(workers, progress: progress).commit()
  }

  /// Writes everything, but makes nothing visible yet.
  func prepare(_ workers: Workers, progress: (Int) -> Void) throws -> PreparedCheckpoint {
    let pump = TensorPump(workers)
    let file = try AtomicFile(path, existing: existing)
    var records: [ZipRecord] = []
    var done = 0
    for member in members {
      var record = ZipRecord(
        name: member.name, size: member.header.count + member.tensor.info.byteCount, offset: file.byteCount)
      // The checksum stands before the data that it is of.
      let local = file.reserve(record.local.count)
      let sink = ChecksumSink(file)
      try sink.write(member.header)
      try pump.pump(member.tensor, into: sink)
      record.crc = sink.crc
      try record.local.withUnsafeBytes { try local.write($0, at: 0) }
      records.append(record)
      done += member.tensor.info.byteCount
      progress(done)
    }
    try file.write(ZipRecord.directory(of: records, at: file.byteCount))
    try file.prepare()
    return PreparedCheckpoint(files: [file])
  }
}

/// Passes bytes on and computes their CRC-32.
private final class ChecksumSink: ByteSink {
  private let sink: any ByteSink
  private(set) var crc: UInt32 = 0

  init(_ sink: any ByteSink) { self.sink = sink }

  func write(_ bytes: UnsafeRawBufferPointer) throws {
    crc = CRC32.extend(crc, bytes)
    try sink.write(bytes)
  }
}
