import Bytes
import Tensors

/// The SHA-256 of a tensor's values: row-major, little-endian bytes, as numpy's `tobytes()` gives them.
///
/// Of strings, each one's length as a little-endian 64-bit number and its bytes; of variants, their encoding in a
/// bundle.
public struct TensorDigest: Sendable, Equatable {
  public let info: TensorInfo
  /// 32 bytes.
  public let values: [UInt8]

  /// The digest of all the tensors in `digests`: the same whatever the order, sharding, slicing or container.
  ///
  /// SHA-256 over one record for each tensor, in byte order of the names: the 32 bytes of ``values``; the name; the
  /// type's name as TensorFlow prints it (`float32`); the rank; the dimensions. Both names are preceded by their
  /// length in bytes; lengths, rank and dimensions are little-endian 64-bit numbers.
  public static func total(_ digests: [TensorDigest]) throws -> [UInt8] {
    let hash = try SHA256()
    for digest in digests.sorted(by: { $0.info.name < $1.info.name }) { try hash.update(digest.record) }
    return try hash.finish()
  }

  private var record: [UInt8] {
    var record = values
    for name in [info.name.utf8, Array(info.dtype.name.utf8)] {
      record.append(fixed64: UInt64(name.count))
      record += name
    }
    record.append(fixed64: UInt64(info.shape.rank))
    for dimension in info.shape.dimensions { record.append(fixed64: UInt64(dimension)) }
    return record
  }

  /// `digest` in hexadecimal, as `sha256sum` prints it.
  public static func text(_ digest: [UInt8]) -> String { SHA256.text(digest) }
}

extension TensorSource {
  /// Digests of the tensors at `indices`, one tensor a worker, checking checksums on the way.
  ///
  /// Memory: what ``contents(of:)`` takes for one tensor a worker.
  ///
  /// - Throws: ``KernelError`` when a tensor is missing or damaged.
  public func digests(
    of indices: [Int], workers: Workers = Workers(),
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> [TensorDigest] {
    let meter = WorkMeter(total: indices.lazy.map { tensors[$0].byteCount }.saturatedSum, progress)
    // The largest first, so that no core is left alone with one at the end.
    let order = indices.indices.sorted { tensors[indices[$0]].byteCount > tensors[indices[$1]].byteCount }
    let made = try workers.map(order.count) { try self.digest(of: indices[order[$0]], meter) }
    var digests = [TensorDigest?](repeating: nil, count: indices.count)
    for (position, digest) in zip(order, made) { digests[position] = digest }
    return digests.compactMap { $0 }
  }

  private func digest(of index: Int, _ meter: WorkMeter) throws -> TensorDigest {
    let info = tensors[index]
    let contents = try sizedContents(of: index)
    let hash = try SHA256()
    if info.dtype == .string {
      try hash.update(strings: contents.bytes, count: info.shape.elementCount)
      meter.add(contents.bytes.count)
      return TensorDigest(info: info, values: try hash.finish())
    }
    let pieces = ElementPieces(elementCount: contents.bytes.count, elementSize: 1)
    var crc: UInt32 = 0
    for piece in 0..<pieces.count {
      try contents.bytes.passing(pieces.bytes(piece)) { bytes in
        if contents.uncheckedCRC != nil { crc = CRC32C.extend(crc, bytes) }
        try hash.update(bytes)
        meter.add(bytes.count)
      }
    }
    try check(contents, of: index, found: crc)
    return TensorDigest(info: info, values: try hash.finish())
  }
}

extension SHA256 {
  /// Hashes the strings of a bundle's encoding, each after its length.
  fileprivate func update(strings view: ByteView, count: Int) throws {
    var failure: (any Error)?
    try view.withUnsafeBytes { bytes in
      try StringTensor.forEach(bytes, count: count, maskedCRC: nil) { string in
        var length: [UInt8] = []
        length.append(fixed64: UInt64(string.count))
        do {
          try update(length)
          try update(string)
        } catch { failure = error }
      }
    }
    if let failure { throw failure }
  }
}
