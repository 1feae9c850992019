import Bytes
import Tensors

/// Fills a float16 ensemble's checkpoint from single models, as the 2018 10th place's `overwrite_float16_ckpt.py`
/// (specs: willow_boliu §4.7).
///
/// The template gives names, shapes and types. A tensor with a path component `model{i}` is model i's tensor of the
/// name without that component; one without any `model…` component is model 0's. `global_step` is zero.
/// Components are compared whole, so more than ten models work, unlike in the reference.
public struct Filling: Sendable {
  private let template: any TensorSource
  private let models: [any TensorSource]

  /// - Parameter models: the single models, in the order of their numbers.
  public init(template: any TensorSource, models: [any TensorSource]) {
    self.template = template
    self.models = models
  }

  /// - Returns: the plan, and a report of what each cast lost.
  /// - Throws: ``KernelError`` `.usage` when a template's tensor has no model, no counterpart, or another shape.
  public func plan() throws -> (plan: OutputPlan, reports: [CastReport]) {
    var reports: [CastReport] = []
    try checkAllAreUsed()
    let planned = try template.tensors.indices.map { index -> PlannedTensor in
      let info = template.tensors[index]
      let place = TensorRef(template, index).placement
      if info.name == "global_step", let zero = PlannedTensor(zero: info, placement: place) { return zero }
      let ref = try counterpart(of: info)
      var planned: PlannedTensor
      if ref.info.dtype == info.dtype {
        planned = PlannedTensor(copying: ref)
      } else {
        guard ref.info.dtype.isFloat, info.dtype.isFloat else {
          throw mismatch(info, "is \(info.dtype.name) but \(ref.info.dtype.name) in \(ref.source.path)")
        }
        let report = CastReport(info.name)
        reports.append(report)
        planned = try Casting(to: info.dtype).cast(ref, report)
      }
      planned.info.name = info.name
      planned.placement = place
      return planned
    }
    return (try OutputPlan(planned, shardCount: OutputPlan.shardCount(of: template)), reports)
  }

  /// A model that the template has no place for means that the list or the template is the wrong one.
  private func checkAllAreUsed() throws {
    let named = template.tensors.lazy.filter { $0.name != "global_step" }.map { Filling.home(of: $0.name).number }
    let used = Set(named)
    guard let unused = models.indices.first(where: { !used.contains($0) }) else { return }
    throw KernelError(
      .usage, template.path, "has no tensors of model \(unused), for which \(models[unused].path) is given",
      hint: "give one checkpoint for each model, that of model 0 first")
  }

  /// The model that a template's tensor belongs to, and the tensor's name there.
  private static func home(of name: TensorName) -> (number: Int, name: TensorName) {
    var parts = name.description.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let numbered = parts.indices.first { modelNumber(parts[$0]) != nil }
    let number = numbered.flatMap { modelNumber(parts[$0]) } ?? 0
    if let numbered { parts.remove(at: numbered) }
    return (number, TensorName(parts.joined(separator: "/")))
  }

  private func counterpart(of info: TensorInfo) throws -> TensorRef {
    let (number, name) = Filling.home(of: info.name)
    guard number < models.count else {
      throw mismatch(info, "belongs to model \(number), for which no checkpoint is given")
    }
    guard let index = models[number].index(of: name) else {
      throw mismatch(info, "has no counterpart \(name) in \(models[number].path)")
    }
    let found = models[number].tensors[index]
    guard found.shape == info.shape else {
      throw mismatch(info, "has shape \(info.shape) but \(found.shape) in \(models[number].path)")
    }
    return TensorRef(models[number], index, sourceOrder: number)
  }

  /// The i of `model{i}`; `nil` for any other component, so that `model/w` or `modelling/w` count as model 0's.
  private static func modelNumber(_ component: String) -> Int? {
    guard component.hasPrefix("model"), component.utf8.count > 5,
      component.utf8.dropFirst(5).allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return Int(component.dropFirst(5))
  }

  private func mismatch(_ info: TensorInfo, _ problem: String) -> KernelError {
    KernelError(.usage, template.path, at: .tensor(info.name.description), problem)
  }
}
