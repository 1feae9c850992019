import Bytes
import Tensors

/// How far numbers may be apart and still count as equal, as `numpy.allclose` has it:
/// |a − b| ≤ absolute + relative · |b|. NaN equals NaN.
public struct Tolerance: Sendable, Equatable {
  public var absolute: Double
  public var relative: Double

  public static let exact = Tolerance(absolute: 0, relative: 0)

  public init(absolute: Double, relative: Double) {
    self.absolute = absolute
    self.relative = relative
  }
}

/// What sets two checkpoints apart, in byte order of the names.
public struct CheckpointDifference: Sendable, Equatable {
  /// Tensors of the second that the first lacks.
  public var added: [TensorInfo] = []
  /// Tensors of the first that the second lacks.
  public var removed: [TensorInfo] = []
  public var changed: [TensorDifference] = []
  /// Tensors that both have and that are equal, within the tolerance.
  public var equalCount = 0

  public var isEmpty: Bool { added.isEmpty && removed.isEmpty && changed.isEmpty }
}

/// A tensor that both checkpoints have, but not the same.
public struct TensorDifference: Sendable, Equatable {
  public let first: TensorInfo
  public let second: TensorInfo
  /// How the values differ; `nil` when they cannot be compared (other shapes, strings against numbers, variants).
  public let values: ValueDifference?
}

/// How the values of two tensors of one shape differ.
public struct ValueDifference: Sendable, Equatable {
  /// Elements that are not equal within the tolerance.
  public let differingCount: Int
  /// The largest |a − b|; infinite when one of two is not finite, or NaN, and the other is something else. `nil` for
  /// strings, as all that follows.
  public let maxAbsolute: Double?
  /// The largest |a − b| / max(|a|, |b|), which lies between 0 and 2 for finite numbers.
  public let maxRelative: Double?
  /// The cosine of the angle between the tensors as vectors, over the places where both are finite; `nil` also when
  /// one of the vectors is zero.
  public let cosine: Double?
}

extension CheckpointDifference {
  /// Compares the tensors whose names `includes` accepts.
  ///
  /// Tolerance is for floating and complex numbers; integers, booleans and strings must be equal. Different types or
  /// shapes always count as changed; where the shapes agree, numbers are compared across types all the same. Memory:
  /// what ``TensorSource/contents(of:)`` takes for one large tensor of both, or for a small one a worker.
  ///
  /// - Throws: ``KernelError`` when a tensor is missing or damaged.
  public init(
    from first: any TensorSource, to second: any TensorSource, tolerance: Tolerance = .exact,
    workers: Workers = Workers(), includes: (TensorName) -> Bool = { _ in true },
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws {
    var pairs: [TensorPair] = []
    var (a, b) = (0, 0)
    while a < first.tensors.count || b < second.tensors.count {
      let left = a < first.tensors.count ? first.tensors[a] : nil
      let right = b < second.tensors.count ? second.tensors[b] : nil
      if let left, let right, left.name == right.name {
        if includes(left.name) { pairs.append(TensorPair(TensorRef(first, a), TensorRef(second, b))) }
        (a, b) = (a + 1, b + 1)
      } else if let left, right.map({ left.name < $0.name }) ?? true {
        if includes(left.name) { removed.append(left) }
        a += 1
      } else if let right {
        if includes(right.name) { added.append(right) }
        b += 1
      }
    }
    let sizes = pairs.map { [$0.first.info.byteCount, $0.second.info.byteCount].saturatedSum }
    let meter = WorkMeter(total: sizes.saturatedSum, progress)
    let found = try workers.map(sizes: sizes) { [pairs] in
      let difference = try pairs[$0].difference(tolerance, $1)
      meter.add(sizes[$0])
      return difference
    }
    changed = found.compactMap { $0 }
    equalCount = pairs.count - changed.count
  }
}
