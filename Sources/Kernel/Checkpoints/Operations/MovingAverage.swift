import Bytes
import Glibc
import Tensors

/// Exponential moving averages of weights, taken offline or kept as shadow variables (specs: miha2018 §3, §12).
public struct MovingAverage: Sendable {
  /// The factor by which an average shrinks in one training step: `ema = ema * decay + x * (1 - decay)`.
  public let decay: Double

  /// - Throws: ``KernelError`` `.usage` unless 0 ≤ decay < 1.
  public init(decay: Double) throws {
    guard decay >= 0, decay < 1 else {
      throw KernelError(.usage, "", "a decay must be at least 0 and below 1, not \(decay)")
    }
    self.decay = decay
  }

  /// The decay after which half of a value is left `steps` later.
  public init(halfLife steps: Double) throws {
    guard steps > 0, steps.isFinite else {
      throw KernelError(.usage, "", "a half-life must be positive, not \(steps)")
    }
    try self.init(decay: exp2(-1 / steps))
  }

  /// The decay `1 - 1/h` that the reference code calls a half-life of `h` (half is left after about 0.69 h steps).
  public init(referenceHalfLife steps: Double) throws {
    guard steps >= 1, steps.isFinite else {
      throw KernelError(.usage, "", "a half-life must be at least 1, not \(steps)")
    }
    try self.init(decay: 1 - 1 / steps)
  }

  /// The average over a run of checkpoints in training order, starting from the first.
  ///
  /// From one checkpoint to the next the decay is raised to the number of steps between them. Tensors that are not
  /// numbers with a fraction are those of the last checkpoint, `global_step` included.
  ///
  /// - Throws: ``KernelError`` `.usage` when a checkpoint has no step or steps do not increase.
  public func fold(_ run: CheckpointRun) throws -> OutputPlan {
    let steps = try run.sources.map { source in
      guard let step = try source.step else {
        throw KernelError(.usage, source.path, "has neither a global_step nor a step in its name")
      }
      return step
    }
    for index in steps.indices.dropFirst() where steps[index] <= steps[index - 1] {
      throw KernelError(
        .usage, run.sources[index].path, "step \(steps[index]) does not come after step \(steps[index - 1])",
        hint: "name the checkpoints in training order")
    }
    // Steps come from files: a difference of integers could overflow.
    let kept = steps.indices.map { $0 == 0 ? 0 : pow(decay, Double(steps[$0]) - Double(steps[$0 - 1])) }
    let planned = run.selected.map { index -> PlannedTensor in
      let refs = run.refs(of: index)
      let info = refs[0].info
      guard Combination.accepts(info.dtype) else {
        return PlannedTensor(info: info, content: .stored(refs[refs.count - 1]), placement: refs[0].placement)
      }
      let kernel = Combination(
        refs.map(\.info.dtype), into: info.dtype, keep: kept, weights: kept.map { 1 - $0 }, divisor: 1)
      return PlannedTensor(info: info, content: .elementwise(refs, kernel), placement: refs[0].placement)
    }
    return try OutputPlan(planned, shardCount: OutputPlan.shardCount(of: run.sources[0]))
  }
}

/// Shadow variables: the moving averages that a training graph keeps beside its weights.
public struct Shadows: Sendable {
  public let names: ShadowName

  public init(_ names: ShadowName) { self.names = names }

  /// `source` plus a shadow, equal to its variable, for each tracked one.
  ///
  /// Tracked are floating model tensors for which `selection` holds (the reference tracks trainable variables and
  /// batch-normalization statistics, not the optimizer's state). Shadows that exist are reset to their variables.
  public func adding(to source: any TensorSource, selection: (TensorName) -> Bool) throws -> OutputPlan {
    let all = Set(source.tensors.map(\.name))
    let tracked = source.tensors.indices.filter { index in
      let info = source.tensors[index]
      return TensorRole(of: info.name, among: all) == .model && info.dtype.isFloat && selection(info.name)
    }
    let shadows = tracked.map { index -> PlannedTensor in
      var shadow = PlannedTensor(copying: TensorRef(source, index))
      shadow.info.name = names.shadow(of: shadow.info.name)
      return shadow
    }
    let reset = Set(shadows.map(\.info.name))
    let kept = source.tensors.indices.filter { !reset.contains(source.tensors[$0].name) }
    let planned = kept.map { PlannedTensor(copying: TensorRef(source, $0)) } + shadows
    guard !tracked.isEmpty else {
      throw KernelError(.usage, source.path, "has no variables to track among those selected")
    }
    return try OutputPlan(planned, shardCount: OutputPlan.shardCount(of: source))
  }

  /// `source` with every variable that has a shadow replaced by it; `stripping` leaves the shadows out.
  ///
  /// - Throws: ``KernelError`` `.usage` when there are no shadows, or a shadow's variable is missing or differs in shape.
  public func applying(to source: any TensorSource, stripping: Bool) throws -> OutputPlan {
    var shadowOf: [TensorName: Int] = [:]
    for (index, info) in source.tensors.enumerated() {
      guard let variable = names.variable(of: info.name) else { continue }
      guard let target = source.index(of: variable) else {
        throw KernelError(
          .usage, source.path, at: .tensor(info.name.description),
          "its variable \(variable) is not in the checkpoint",
          hint: "if shadows repeat a scope, as in tower/tower/w, name it with --scope")
      }
      guard source.tensors[target].shape == info.shape, source.tensors[target].dtype == info.dtype else {
        throw KernelError(
          .badData, source.path, at: .tensor(info.name.description),
          "is \(info.dtype.name)\(info.shape), unlike its variable's \(source.tensors[target].dtype.name)\(source.tensors[target].shape)"
        )
      }
      shadowOf[variable] = index
    }
    guard !shadowOf.isEmpty else { throw Shadows.none(in: source) }
    let planned = source.tensors.indices.compactMap { index -> PlannedTensor? in
      let info = source.tensors[index]
      if stripping, names.variable(of: info.name) != nil { return nil }
      var tensor = PlannedTensor(copying: TensorRef(source, index))
      if let shadow = shadowOf[info.name] { tensor.content = .stored(TensorRef(source, shadow)) }
      return tensor
    }
    return try OutputPlan(planned, shardCount: OutputPlan.shardCount(of: source))
  }

  /// `source` without shadows of any scope.
  public static func stripping(_ source: any TensorSource) throws -> OutputPlan {
    let kept = source.tensors.indices.filter { TensorRole(of: source.tensors[$0].name, among: []) != .shadow }
    guard kept.count < source.tensors.count else { throw Shadows.none(in: source) }
    return try OutputPlan(
      kept.map { PlannedTensor(copying: TensorRef(source, $0)) }, shardCount: OutputPlan.shardCount(of: source))
  }

  private static func none(in source: any TensorSource) -> KernelError {
    KernelError(.usage, source.path, "has no \(ShadowName.suffix) tensors")
  }
}
