import Bytes
import Graphs
import Tensors

/// A value that flows through a graph: numbers (row-major, little-endian), strings, or a handle.
///
/// Copies share the elements, and so do reshaped and sliced tensors.
public struct Tensor: Sendable {
  public let dtype: DType
  public let shape: Shape
  var storage: Storage
  /// Where in the storage the first element is, in bytes.
  let offset: Int

  init(_ dtype: DType, _ shape: Shape, _ storage: Storage, offset: Int = 0) {
    self.dtype = dtype
    self.shape = shape
    self.storage = storage
    self.offset = offset
  }

  /// The elements in `view`, shared unless they lie so that the CPU could not read them as numbers.
  ///
  /// - Throws: ``KernelError`` `.badData` when they are not as many as the shape says, or not numbers.
  public init(_ dtype: DType, _ shape: Shape, bytes view: ByteView) throws {
    guard let byteCount = shape.byteCount(of: dtype), byteCount == view.count else {
      throw KernelError(.badData, "", "\(view.count) bytes are not a tensor of \(dtype.name) \(shape)")
    }
    let unit = min(dtype.byteCount ?? 1, 8)
    let isAligned = view.withUnsafeBytes { Int(bitPattern: $0.baseAddress) % unit == 0 }
    self.init(dtype, shape, Storage(isAligned ? view : try ByteView(copying: view)))
  }

  /// A constant of a graph.
  public init(_ value: TensorValue) {
    let storage = value.dtype == .string ? Storage(strings: value.strings) : Storage(ByteView(value.bytes))
    self.init(value.dtype, value.shape, storage)
  }

  /// Numbers of any of the types that ``Element`` names; `nil` unless they are as many as the shape says.
  public init?<T: Element>(_ elements: [T], _ shape: Shape) {
    guard elements.count == shape.elementCount else { return nil }
    self.init(T.dtype, shape, Storage(ByteView(elements.withUnsafeBytes { [UInt8]($0) })))
  }

  init(handle: any AnyObject & Sendable) { self.init(.resource, .scalar, Storage(object: handle)) }

  public var elementCount: Int { shape.elementCount }

  /// The elements.
  ///
  /// - Precondition: the tensor is of type `T`.
  public func withElements<T: Element, R>(_: T.Type, _ body: (UnsafeBufferPointer<T>) throws -> R) rethrows -> R {
    try withExtendedLifetime(storage) { try body(elements(T.self)) }
  }

  /// The elements as an array.
  ///
  /// - Precondition: the tensor is of type `T`.
  public func array<T: Element>(of type: T.Type) -> [T] { withElements(type) { Array($0) } }

  /// The strings; empty for other types.
  public var strings: [[UInt8]] { storage.strings }

  /// The elements, which are there as long as the tensor's storage is.
  func elements<T: Element>(_: T.Type) -> UnsafeBufferPointer<T> {
    UnsafeBufferPointer(mutableElements(T.self))
  }

  /// The elements of a tensor that nobody else has.
  func mutableElements<T: Element>(_: T.Type) -> UnsafeMutableBufferPointer<T> {
    precondition(dtype.isStored(as: T.self), "a tensor of \(dtype.name) read as \(T.dtype.name)")
    return UnsafeMutableBufferPointer(
      start: (storage.pointer + offset).assumingMemoryBound(to: T.self), count: elementCount)
  }

  var floats: UnsafeBufferPointer<Float> { elements(Float.self) }
  var mutableFloats: UnsafeMutableBufferPointer<Float> { mutableElements(Float.self) }

  /// The bytes of all elements, not copied.
  package var view: ByteView { ByteView(unsafe: bytes, owner: storage) }

  /// The bytes of all elements.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(mutableBytes) }
  var mutableBytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: storage.pointer + offset, count: byteCount)
  }

  var byteCount: Int { shape.byteCount(of: dtype) ?? 0 }

  /// The same elements in another shape.
  ///
  /// - Precondition: it has as many elements.
  func reshaped(_ shape: Shape) -> Tensor {
    precondition(shape.elementCount == elementCount)
    return Tensor(dtype, shape, storage, offset: offset)
  }

  /// The elements `range` of the outermost dimension, not copied.
  ///
  /// - Precondition: the dimension exists and has them; elements are numbers.
  func rows(_ range: Range<Int>) -> Tensor {
    let outer = shape.dimensions[0]
    precondition(range.lowerBound >= 0 && range.upperBound <= outer)
    let dimensions = [range.count] + shape.dimensions.dropFirst()
    // A part of what exists: nothing can overflow.
    let part = Shape(dimensions) ?? .scalar
    let rowBytes = outer == 0 ? 0 : byteCount / outer
    return Tensor(dtype, part, storage, offset: offset + range.lowerBound * rowBytes)
  }
}

extension Tensor: CustomStringConvertible {
  /// `float32 [6,12]`.
  public var description: String { "\(dtype.name) \(shape)" }
}

extension ByteView {
  /// A copy in memory of its own, which is aligned for any number.
  fileprivate init(copying view: ByteView) throws {
    try self.init(byteCount: view.count) { target in view.withUnsafeBytes { target.copyMemory(from: $0) } }
  }
}
