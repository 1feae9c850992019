import Bytes
import Tensors

/// A tensor that is going to be written, and where its bytes will come from.
public struct PlannedTensor: Sendable {
  /// Where the bytes come from.
  public enum Content: Sendable {
    /// Another container's tensor, byte for byte; a sliced one stays sliced where the output can hold slices.
    case stored(TensorRef)
    /// Bytes at hand.
    case bytes(ByteView)
    /// A new value for each element, from the same element of the inputs.
    case elementwise([TensorRef], any ElementwiseKernel)
    /// Bytes that are computed, any stretch of them at any time.
    case made(any PieceMaker)
  }

  public var info: TensorInfo
  public var content: Content
  public var placement: Placement

  public init(info: TensorInfo, content: Content, placement: Placement) {
    self.info = info
    self.content = content
    self.placement = placement
  }

  /// A copy of `ref` under its own name, lying where it lay.
  public init(copying ref: TensorRef) {
    self.init(info: ref.info, content: .stored(ref), placement: ref.placement)
  }

  /// The number zero in the place of `info`; `nil` for what is not a single number, whose size only a file vouches for.
  init?(zero info: TensorInfo, placement: Placement) {
    guard let byteCount = info.dtype.byteCount, info.shape.elementCount == 1 else { return nil }
    let zeros = ByteView([UInt8](repeating: 0, count: byteCount))
    self.init(info: info, content: .bytes(zeros), placement: placement)
  }
}

/// A tensor in an opened container.
public struct TensorRef: Sendable {
  public let source: any TensorSource
  public let index: Int
  /// Orders tensors of several sources in one output.
  let sourceOrder: Int

  /// The tensor at `index` of `source`, which is the `sourceOrder`-th of several.
  public init(_ source: any TensorSource, _ index: Int, sourceOrder: Int = 0) {
    self.source = source
    self.index = index
    self.sourceOrder = sourceOrder
  }

  public var info: TensorInfo { source.tensors[index] }

  var bundleTensor: BundleIndex.Tensor? { (source as? Bundle)?.index.tensors[index] }

  package var placement: Placement {
    let entry = bundleTensor?.stored.first
    return Placement(shard: entry?.shard ?? 0, source: sourceOrder, offset: entry?.offset ?? index)
  }
}

/// Which data file a tensor goes to, and its rank in that file.
///
/// Tensors keep the order in which their sources store them, so that copying a checkpoint reproduces its data files.
public struct Placement: Sendable, Hashable {
  public var shard: Int
  var source: Int
  var offset: Int

  init(shard: Int, source: Int, offset: Int) {
    self.shard = shard
    self.source = source
    self.offset = offset
  }

  /// After everything that comes from a source.
  public static let last = Placement(shard: 0, source: .max, offset: 0)

  func precedes(_ other: Placement) -> Bool {
    (shard, source, offset) < (other.shard, other.source, other.offset)
  }
}

/// Computes elements of a tensor from the same elements of its inputs.
public protocol ElementwiseKernel: Sendable {
  /// The most elements that ``apply(_:count:into:)`` is given at once; sizes scratch space.
  static var blockCount: Int { get }
  /// Computes `count` elements. Buffers are as long as `count` elements of their types and may be unaligned.
  func apply(
    _ inputs: UnsafeBufferPointer<UnsafeRawBufferPointer>, count: Int, into out: UnsafeMutableRawBufferPointer)
}

/// Computes the bytes of a tensor that are no element-by-element function of others.
public protocol PieceMaker: Sendable {
  /// Fills `out` with the bytes of `range` of the tensor's contents; called from several threads, once for each part of
  /// the tensor.
  func make(_ range: Range<Int>, into out: UnsafeMutableRawBufferPointer) throws
}

/// Everything that an output will contain.
public struct OutputPlan: Sendable {
  /// In any order; names are unique.
  public private(set) var tensors: [PlannedTensor]
  /// Data files of a bundle.
  public private(set) var shardCount: Int
  /// Whether copies of tensors that are equal share their bytes, where the container can say so (a bundle).
  public var storesEqualTensorsOnce = false

  /// - Throws: ``KernelError`` `.usage` when two tensors have the same name.
  public init(_ tensors: [PlannedTensor], shardCount: Int = 1) throws {
    self.tensors = tensors
    self.shardCount = shardCount
    var seen: Set<TensorName> = []
    for tensor in tensors where !seen.insert(tensor.info.name).inserted {
      throw KernelError(.usage, "", at: .tensor(tensor.info.name.description), "would be written twice")
    }
    if shardCount == 1 {
      for index in self.tensors.indices { self.tensors[index].placement.shard = 0 }
    }
  }

  /// Tensors whose names are known to be unique and whose placements lie below `shardCount`.
  init(unchecked tensors: [PlannedTensor], shardCount: Int) {
    self.tensors = tensors
    self.shardCount = shardCount
  }

  /// Copies of all tensors of `source`, in its own layout.
  public init(copying source: any TensorSource) throws {
    try self.init(
      source.tensors.indices.map { PlannedTensor(copying: TensorRef(source, $0)) },
      shardCount: OutputPlan.shardCount(of: source))
  }

  /// The number of data files of a bundle; 1 for other containers.
  public static func shardCount(of source: any TensorSource) -> Int {
    (source as? Bundle)?.index.header.shardCount ?? 1
  }

  /// Bytes of all tensors; `Int.max` when a hostile index announces more.
  public var byteCount: Int { tensors.lazy.map(\.info.byteCount).saturatedSum }

}
