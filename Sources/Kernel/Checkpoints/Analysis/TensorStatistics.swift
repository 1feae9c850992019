import Bytes
import Tensors

/// What the numbers of a tensor are like.
///
/// Minimum, maximum, mean, deviation and norm are those of the finite numbers, taken in float64 whatever the type
/// (so integers beyond 2⁵³ are rounded). Complex numbers count by their magnitude. Strings and variants have no
/// numbers at all.
public struct TensorStatistics: Sendable, Equatable {
  public let info: TensorInfo
  private let moments: Moments

  init(_ info: TensorInfo, _ moments: Moments) {
    self.info = info
    self.moments = moments
  }

  /// Finite numbers; what ``minimum`` and the like are taken over.
  public var finiteCount: Int { moments.count }
  public var zeroCount: Int { moments.zeroCount }
  public var nanCount: Int { moments.nanCount }
  public var infinityCount: Int { moments.infinityCount }
  public var isFinite: Bool { nanCount == 0 && infinityCount == 0 }

  /// `nil`, as all that follow, when there is no finite number.
  public var minimum: Double? { ifAny(moments.minimum) }
  public var maximum: Double? { ifAny(moments.maximum) }
  public var mean: Double? { ifAny(moments.mean) }
  /// The population's standard deviation (numpy's default).
  public var deviation: Double? { ifAny((moments.spread / Double(moments.count)).squareRoot()) }
  /// The Euclidean (L2) norm; infinite when its square exceeds float64.
  public var norm: Double? {
    ifAny((moments.spread + moments.mean * moments.mean * Double(moments.count)).squareRoot())
  }

  private func ifAny(_ value: @autoclosure () -> Double) -> Double? { moments.count > 0 ? value() : nil }
}

extension TensorSource {
  /// Statistics of the tensors at `indices`, reading each byte once and checking checksums on the way.
  ///
  /// The result does not depend on the number of workers. Memory: what ``contents(of:)`` takes for one large tensor,
  /// or for one small tensor a worker.
  ///
  /// - Throws: ``KernelError`` when a tensor is missing or damaged.
  public func statistics(
    of indices: [Int], workers: Workers = Workers(),
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> [TensorStatistics] {
    let sizes = indices.map { tensors[$0].byteCount }
    let meter = WorkMeter(total: sizes.saturatedSum, progress)
    return try workers.map(sizes: sizes) { task, workers in
      try self.statistics(of: indices[task], workers, meter)
    }
  }

  private func statistics(of index: Int, _ workers: Workers, _ meter: WorkMeter) throws -> TensorStatistics {
    let info = tensors[index]
    let contents = try sizedContents(of: index)
    guard let elementSize = info.dtype.byteCount else {
      meter.add(contents.bytes.count)
      return TensorStatistics(info, Moments())
    }
    let pieces = ElementPieces(elementCount: info.shape.elementCount, elementSize: elementSize)
    let parts = try workers.map(pieces.count) { piece in
      contents.bytes.passing(pieces.bytes(piece)) { bytes in
        let crc = contents.uncheckedCRC == nil ? 0 : CRC32C.of(bytes)
        var moments = Moments()
        moments.add(info.dtype, bytes, count: pieces.elements(piece).count)
        meter.add(bytes.count)
        return (crc, moments)
      }
    }
    try check(contents, of: index, found: pieces.checksum(parts.lazy.map { $0.0 }))
    return TensorStatistics(info, parts.reduce(into: Moments()) { $0.merge($1.1) })
  }
}
