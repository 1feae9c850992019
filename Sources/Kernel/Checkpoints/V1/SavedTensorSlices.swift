import Bytes
import Tensors

/// What a V1 checkpoint's first entry says: its tensors and the slices of each (`SavedTensorSliceMeta`, specs:
/// formats §7).
struct SavedSliceMeta {
  var name = TensorName(utf8: [])
  var shape = Shape.scalar
  var dtype = DType.float32
  var slices: [TensorSlice] = []

  /// The tensors listed in the entry with the empty key.
  static func list(in entry: UnsafeRawBufferPointer) throws(ByteReader.Fault) -> [SavedSliceMeta] {
    var tensors: [SavedSliceMeta] = []
    var outer = WireFields(entry)
    while let field = try outer.next() {
      guard case (1, .bytes(let meta)) = (field.number, field.value) else { continue }
      var inner = WireFields(meta)
      while let field = try inner.next() {
        switch (field.number, field.value) {
        case (1, .bytes(let tensor)): tensors.append(try SavedSliceMeta(tensor))
        case (2, .bytes(let version)): try BundleHeader.checkVersion(version)
        default: break
        }
      }
    }
    return tensors
  }

  private init(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    var number: UInt64 = 0
    var fields = WireFields(bytes)
    while let field = try fields.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let value)): name = TensorName(utf8: [UInt8](value))
      case (2, .bytes(let value)): shape = try BundleEntry.shape(value)
      case (3, .varint(let value)): number = value
      case (4, .bytes(let value)): slices.append(try BundleEntry.slice(value))
      default: break
      }
    }
    guard let dtype = DType(rawValue: Int32(truncatingIfNeeded: number)), number < 256 else {
      throw .init(offset: 0, problem: "unknown data type \(number) of tensor \(name.description.printable)")
    }
    self.dtype = dtype
  }
}

/// One slice's values as a V1 checkpoint stores them (`SavedSlice`).
struct SavedSlice {
  private(set) var name: [UInt8] = []
  /// The `TensorProto`, which has neither type nor shape.
  private(set) var values = UnsafeRawBufferPointer(start: nil, count: 0)

  init(_ entry: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    var outer = WireFields(entry)
    while let field = try outer.next() {
      guard case (2, .bytes(let data)) = (field.number, field.value) else { continue }
      var inner = WireFields(data)
      while let field = try inner.next() {
        switch (field.number, field.value) {
        case (1, .bytes(let value)): name = [UInt8](value)
        case (3, .bytes(let value)): values = value
        default: break
        }
      }
    }
  }
}
