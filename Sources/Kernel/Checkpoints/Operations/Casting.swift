import Bytes
import Synchronization
import Tensors

/// A change of floating type: round to nearest, ties to even.
public struct Casting: Sendable {
  public let target: DType
  /// Whether values beyond the target's range become its largest instead of infinity.
  public let saturates: Bool

  /// - Throws: ``KernelError`` `.usage` unless `target` is float16, bfloat16, float32 or float64.
  public init(to target: DType, saturates: Bool = false) throws {
    guard target.isFloat else { throw KernelError(.usage, "", "cannot cast to \(target.name)") }
    self.target = target
    self.saturates = saturates
  }

  /// `source` with the floating tensors that `selection` holds for in the target type.
  ///
  /// - Returns: the plan, and for each cast tensor a report that fills while the plan is written.
  public func plan(
    _ source: any TensorSource, selection: (TensorInfo) -> Bool
  ) throws -> (plan: OutputPlan, reports: [CastReport]) {
    var reports: [CastReport] = []
    let planned = try source.tensors.indices.map { index -> PlannedTensor in
      let ref = TensorRef(source, index)
      guard ref.info.dtype.isFloat, ref.info.dtype != target, selection(ref.info) else {
        return PlannedTensor(copying: ref)
      }
      let report = CastReport(ref.info.name)
      reports.append(report)
      return try cast(ref, report)
    }
    return (try OutputPlan(planned, shardCount: OutputPlan.shardCount(of: source)), reports)
  }

  /// The tensor `ref` in the target type, as ``plan(_:selection:)`` would write it.
  func cast(_ ref: TensorRef, _ report: CastReport) throws -> PlannedTensor {
    var info = ref.info
    guard let byteCount = info.shape.byteCount(of: target) else {
      throw KernelError(
        .usage, ref.source.path, at: .tensor(info.name.description), "is too large for \(target.name)")
    }
    let kernel = CastKernel(
      from: info.dtype, to: target, limit: saturates ? Casting.largest(target) : nil, report: report)
    info.dtype = target
    info.byteCount = byteCount
    return PlannedTensor(info: info, content: .elementwise([ref], kernel), placement: ref.placement)
  }

  private static func largest(_ dtype: DType) -> Double {
    switch dtype {
    case .half: 65504
    case .bfloat16: Double(Float(bitPattern: 0x7f7f_0000))
    case .float32: Double(Float.greatestFiniteMagnitude)
    default: .greatestFiniteMagnitude
    }
  }
}

/// What a cast lost in one tensor.
public final class CastReport: Sendable {
  public let name: TensorName
  private let overflowed = Atomic<Int>(0)
  private let vanished = Atomic<Int>(0)

  init(_ name: TensorName) { self.name = name }

  /// Finite values beyond the range: infinite now, or clamped when saturating.
  public var overflowCount: Int { overflowed.load(ordering: .relaxed) }
  /// Values that were not zero and are now.
  public var underflowCount: Int { vanished.load(ordering: .relaxed) }

  fileprivate func add(overflows: Int, underflows: Int) {
    if overflows > 0 { overflowed.add(overflows, ordering: .relaxed) }
    if underflows > 0 { vanished.add(underflows, ordering: .relaxed) }
  }
}

private struct CastKernel: ElementwiseKernel {
  static let blockCount = 2048

  let from: DType
  let to: DType
  /// Where values are clamped when saturating.
  let limit: Double?
  let report: CastReport

  func apply(
    _ inputs: UnsafeBufferPointer<UnsafeRawBufferPointer>, count: Int, into out: UnsafeMutableRawBufferPointer
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * count) { scratch in
      let values = UnsafeMutableBufferPointer(rebasing: scratch[..<count])
      let rounded = UnsafeMutableBufferPointer(rebasing: scratch[count...])
      Widening.load(from, inputs[0], from: 0, into: values)
      Widening.store(UnsafeBufferPointer(values), as: to, into: out, at: 0)
      Widening.load(to, UnsafeRawBufferPointer(out), from: 0, into: rounded)
      var overflows = 0
      var underflows = 0
      for i in 0..<count {
        overflows += rounded[i].isInfinite && values[i].isFinite ? 1 : 0
        underflows += rounded[i] == 0 && values[i] != 0 ? 1 : 0
      }
      report.add(overflows: overflows, underflows: underflows)
      guard let limit, overflows > 0 else { return }
      for i in 0..<count where rounded[i].isInfinite && values[i].isFinite {
        values[i] = values[i] < 0 ? -limit : limit
      }
      Widening.store(UnsafeBufferPointer(values), as: to, into: out, at: 0)
    }
  }
}
