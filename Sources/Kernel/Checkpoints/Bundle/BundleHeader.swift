import Bytes

/// The entry with the empty key: how many data files there are and in which byte order (`BundleHeaderProto`).
public struct BundleHeader: Equatable, Sendable {
  public var shardCount: Int
  public var isBigEndian: Bool
  /// `VersionDef` as stored, kept so that an unchanged index is rewritten byte for byte.
  private var version: [UInt8]

  /// What every TensorFlow so far writes: little-endian, producer 1.
  public init(shardCount: Int) {
    self.shardCount = shardCount
    isBigEndian = false
    version = [0x08, 0x01]
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    shardCount = 0
    isBigEndian = false
    version = []
    var fields = WireFields(bytes)
    while let field = try fields.next() {
      switch (field.number, field.value) {
      case (1, .varint(let value)):
        guard value <= UInt64(Int32.max) else {
          throw .init(offset: 0, problem: "\(value) shards are not possible")
        }
        shardCount = Int(value)
      case (2, .varint(let value)):
        guard value <= 1 else { throw .init(offset: 0, problem: "unknown byte order \(value)") }
        isBigEndian = value == 1
      case (3, .bytes(let value)):
        try BundleHeader.checkVersion(value)
        version = [UInt8](value)
      default: break
      }
    }
    guard shardCount > 0 else { throw .init(offset: 0, problem: "the header announces no data file") }
  }

  /// Refuses checkpoints that say this reader (format version 1) must not read them.
  static func checkVersion(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    var fields = WireFields(bytes)
    while let field = try fields.next() {
      if case (2, .varint(let minimum)) = (field.number, field.value), minimum > 1 {
        throw .init(
          offset: 0, problem: "the checkpoint needs a reader of format version \(minimum); this one is version 1")
      }
      if case (3, .varint(1)) = (field.number, field.value) {
        throw .init(offset: 0, problem: "the checkpoint excludes readers of format version 1")
      }
    }
  }

  /// The protobuf message, byte for byte as TensorFlow encodes it.
  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(field: 1, varint: UInt64(shardCount))
    if isBigEndian { bytes.append(field: 2, varint: 1) }
    if !version.isEmpty { bytes.append(field: 3, bytes: version) }
    return bytes
  }
}
