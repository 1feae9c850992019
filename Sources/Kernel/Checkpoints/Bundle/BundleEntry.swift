import Bytes
import Tensors

/// Where a tensor, or a slice of one, lies and what it is (`BundleEntryProto`).
public struct BundleEntry: Equatable, Sendable {
  public var dtype: DType
  public var shape: Shape
  public var shard: Int
  public var offset: Int
  public var size: Int
  /// CRC-32C of the bytes, as stored: masked. `nil` for the entry of a sliced tensor, which has no bytes of its own.
  public var maskedCRC: UInt32?
  /// The parts of a partitioned variable; empty for a tensor stored whole.
  public var slices: [TensorSlice]
  /// Fields that this version of the format does not know, passed through.
  private var unknown: [UInt8]

  public init(
    dtype: DType, shape: Shape, shard: Int = 0, offset: Int = 0, size: Int = 0, maskedCRC: UInt32? = nil,
    slices: [TensorSlice] = []
  ) {
    self.dtype = dtype
    self.shape = shape
    self.shard = shard
    self.offset = offset
    self.size = size
    self.maskedCRC = maskedCRC
    self.slices = slices
    unknown = []
  }

  /// Decodes and checks everything that can be checked without the data file (CVE-2021-41203 was entries used unchecked).
  init(_ bytes: UnsafeRawBufferPointer, shardCount: Int) throws(ByteReader.Fault) {
    self.init(dtype: .float32, shape: .scalar)
    var dtypeNumber: UInt64 = 0
    var fields = WireFields(bytes)
    while let field = try fields.next() {
      switch (field.number, field.value) {
      case (1, .varint(let value)): dtypeNumber = value
      case (2, .bytes(let value)): shape = try BundleEntry.shape(value)
      case (3, .varint(let value)): shard = try BundleEntry.number(value, "shard")
      case (4, .varint(let value)): offset = try BundleEntry.number(value, "offset")
      case (5, .varint(let value)): size = try BundleEntry.number(value, "size")
      case (6, .fixed32(let value)): maskedCRC = value
      case (7, .bytes(let value)): slices.append(try BundleEntry.slice(value))
      default: unknown += field.raw
      }
    }
    guard let dtype = DType(rawValue: Int32(truncatingIfNeeded: dtypeNumber)), dtypeNumber < 256 else {
      throw .init(offset: 0, problem: "unknown data type \(dtypeNumber)")
    }
    self.dtype = dtype
    guard slices.isEmpty else { return }
    // Protobuf leaves zeros out, so an entry without a checksum has the checksum 0, as TensorFlow reads it.
    maskedCRC = maskedCRC ?? 0
    try checkStorage(shardCount: shardCount)
  }

  private func checkStorage(shardCount: Int) throws(ByteReader.Fault) {
    guard shard < shardCount else {
      throw .init(offset: 0, problem: "lies in data file \(shard), but there are only \(shardCount)")
    }
    guard !offset.addingReportingOverflow(size).overflow else {
      throw .init(offset: 0, problem: "offset \(offset) plus size \(size) overflows")
    }
    if dtype.byteCount != nil, shape.byteCount(of: dtype) != size {
      throw .init(offset: 0, problem: "\(size) bytes cannot hold \(dtype.name) of shape \(shape)")
    }
    // A string takes at least its length's byte; without this a tiny entry could announce 2^62 strings.
    if dtype.byteCount == nil, shape.elementCount > size {
      throw .init(offset: 0, problem: "\(size) bytes cannot hold \(shape.elementCount) elements of \(dtype.name)")
    }
  }

  private static func number(_ value: UInt64, _ what: String) throws(ByteReader.Fault) -> Int {
    guard value <= UInt64(Int.max) else {
      throw .init(offset: 0, problem: "\(what) \(Int64(bitPattern: value)) is negative")
    }
    return Int(value)
  }

  static func shape(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Fault) -> Shape {
    var dimensions: [Int] = []
    var fields = WireFields(bytes)
    while let field = try fields.next() {
      switch (field.number, field.value) {
      case (2, .bytes(let dimension)):
        var size: UInt64 = 0
        var inner = WireFields(dimension)
        while let field = try inner.next() {
          if case (1, .varint(let value)) = (field.number, field.value) { size = value }
        }
        dimensions.append(Int(truncatingIfNeeded: size))
      case (3, .varint(let value)) where value != 0: throw .init(offset: 0, problem: "has a shape of unknown rank")
      default: break
      }
    }
    guard dimensions.count <= 254, let shape = Shape(dimensions) else {
      throw .init(offset: 0, problem: "has an impossible shape (rank \(dimensions.count): \(dimensions.prefix(8)))")
    }
    return shape
  }

  static func slice(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Fault) -> TensorSlice {
    var extents: [TensorSlice.Extent] = []
    var fields = WireFields(bytes)
    while let field = try fields.next() {
      guard case (1, .bytes(let extent)) = (field.number, field.value) else { continue }
      var start = 0
      var length: Int?
      var inner = WireFields(extent)
      while let field = try inner.next() {
        switch (field.number, field.value) {
        case (1, .varint(let value)): start = Int(truncatingIfNeeded: value)
        case (2, .varint(let value)): length = Int(truncatingIfNeeded: value)
        default: break
        }
      }
      extents.append(.init(start: start, length: length))
    }
    return TensorSlice(extents)
  }

  /// The protobuf message, byte for byte as TensorFlow encodes it (specs: formats §5.1).
  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(field: 1, varint: UInt64(dtype.rawValue))
    bytes.append(field: 2, bytes: encodedShape)
    if shard != 0 { bytes.append(field: 3, varint: UInt64(shard)) }
    if offset != 0 { bytes.append(field: 4, varint: UInt64(offset)) }
    if size != 0 { bytes.append(field: 5, varint: UInt64(size)) }
    if let maskedCRC, maskedCRC != 0 { bytes.append(field: 6, fixed32: maskedCRC) }
    for slice in slices { bytes.append(field: 7, bytes: BundleEntry.encode(slice)) }
    return bytes + unknown
  }

  private var encodedShape: [UInt8] {
    shape.dimensions.reduce(into: []) { bytes, size in
      var dimension: [UInt8] = []
      if size != 0 { dimension.append(field: 1, varint: UInt64(size)) }
      bytes.append(field: 2, bytes: dimension)
    }
  }

  private static func encode(_ slice: TensorSlice) -> [UInt8] {
    slice.extents.reduce(into: []) { bytes, extent in
      var inner: [UInt8] = []
      if extent.start != 0 { inner.append(field: 1, varint: UInt64(bitPattern: Int64(extent.start))) }
      if let length = extent.length { inner.append(field: 2, varint: UInt64(bitPattern: Int64(length))) }
      bytes.append(field: 1, bytes: inner)
    }
  }
}
