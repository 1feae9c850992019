import Bytes
import Tensors

/// The mean of several checkpoints, tensor by tensor (specs: willow_boliu §4.6).
///
/// Floating and complex tensors are averaged in float64 and keep their own types. All others follow a rule, because
/// a mean of counters or of strings means nothing.
public struct Averaging: Sendable {
  /// What `global_step` becomes.
  public enum GlobalStepRule: String, Sendable, CaseIterable {
    /// 0, as the reference script writes.
    case zero
    /// The largest of all.
    case max
    /// That of the last checkpoint given.
    case last
  }

  /// Which checkpoint integers, booleans and strings are copied from.
  public enum OtherRule: String, Sendable, CaseIterable { case first, last }

  public var globalStep: GlobalStepRule = .zero
  public var others: OtherRule = .last
  /// One for each checkpoint; divided by their sum. `nil` for equal ones.
  public var weights: [Double]?

  public init() {}

  /// The plan of the averaged checkpoint, laid out like the first.
  ///
  /// - Throws: ``KernelError`` `.usage` when the weights do not fit, or a type can be neither averaged nor copied.
  public func plan(_ run: CheckpointRun) throws -> OutputPlan {
    let weights = weights ?? run.sources.map { _ in 1 }
    guard weights.count == run.sources.count else {
      throw KernelError(.usage, "", "\(run.sources.count) checkpoints need as many weights, not \(weights.count)")
    }
    guard weights.allSatisfy({ $0.isFinite && $0 >= 0 }), weights.contains(where: { $0 > 0 }) else {
      throw KernelError(.usage, "", "weights must be finite, not negative, and not all zero")
    }
    let planned = try run.selected.map { try tensor($0, run, weights) }
    return try OutputPlan(planned, shardCount: OutputPlan.shardCount(of: run.sources[0]))
  }

  private func tensor(_ index: Int, _ run: CheckpointRun, _ weights: [Double]) throws -> PlannedTensor {
    let refs = run.refs(of: index)
    let info = refs[0].info
    if TensorRole(of: info.name, among: []) == .globalStep, !info.dtype.isFloat {
      return try step(info, refs)
    }
    guard Combination.accepts(info.dtype) else { return try other(info, refs) }
    return PlannedTensor(
      info: info,
      content: .elementwise(refs, Combination.mean(refs.map(\.info.dtype), into: info.dtype, weights: weights)),
      placement: refs[0].placement)
  }

  private func step(_ info: TensorInfo, _ refs: [TensorRef]) throws -> PlannedTensor {
    switch globalStep {
    case .zero: return try PlannedTensor(zero: info, placement: refs[0].placement) ?? other(info, refs)
    case .max: return copy(refs[try CheckpointRun.position(ofLargest: refs)], like: refs[0])
    case .last: return copy(refs[refs.count - 1], like: refs[0])
    }
  }

  private func other(_ info: TensorInfo, _ refs: [TensorRef]) throws -> PlannedTensor {
    let isSmallFloat = (DType.float8E5M2.rawValue...DType.float8E5M2FNUZ.rawValue).contains(info.dtype.rawValue)
    if isSmallFloat || info.dtype == .float4E2M1FN {
      throw KernelError(
        .usage, "", at: .tensor(info.name.description), "\(info.dtype.name) cannot be averaged",
        hint: "leave it out with --except")
    }
    return copy(others == .first ? refs[0] : refs[refs.count - 1], like: refs[0])
  }

  private func copy(_ ref: TensorRef, like first: TensorRef) -> PlannedTensor {
    PlannedTensor(info: ref.info, content: .stored(ref), placement: first.placement)
  }
}
