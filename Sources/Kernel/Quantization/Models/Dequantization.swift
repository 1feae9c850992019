import Bytes
import Checkpoints
import Graphs
import Tensors
import Models

/// Turns a quantized model back into float32: what ``Quantization`` or the reference's program stored narrowly becomes
/// the variables that it was, with the values that the graph decoded.
///
/// Memory: the graph; tensors are streamed.
package enum Dequantization {
  /// A variable that is float32 again.
  package struct Restored: Sendable {
    package let name: String
    /// How it was stored.
    package let transform: Transform
    /// Bytes that it took.
    package let byteCount: Int
  }

  /// - Returns: the plan, and the variables that are float32 again.
  /// - Throws: ``KernelError`` `.usage` when nothing in the model is quantized, `.badData` when it is damaged.
  package static func plan(_ model: ModelFiles) throws -> (plan: ModelPlan, restored: [Restored]) {
    var graph = model.graph
    let saved = try model.savedTensors()
    let restored = try model.inGraph { try graph.restoreReads() }
    guard !restored.isEmpty else {
      throw KernelError(.usage, model.source.path, "has no quantized variable")
    }
    let refs = Dictionary(saved.map { ($0.variable.node, $0.ref) }, uniquingKeysWith: { first, _ in first })
    let gone = Set(restored.flatMap { $0.stored.map(\.node) })
    var copied: Set<TensorName> = []
    var planned = saved.compactMap { variable, ref in
      gone.contains(variable.node) || !copied.insert(ref.info.name).inserted ? nil : PlannedTensor(copying: ref)
    }
    var list: [Restored] = []
    for item in restored {
      let stored = item.stored.compactMap { refs[$0.node] }
      guard let first = stored.first, let byteCount = item.shape.byteCount(of: .float32) else { continue }
      let maker: DecodedMaker
      let transform: Transform
      switch item.storage {
      case .narrow:
        maker = try DecodedMaker(narrow: first)
        transform = .float16
      case .codebook, .packed:
        var bits = 8
        if case .packed(let packed) = item.storage { bits = packed }
        maker = try DecodedMaker(
          codes: first, stored[stored.count - 1], bits: bits, elementCount: item.shape.elementCount)
        transform = .codes(nil, bits: bits)
      }
      list.append(
        Restored(
          name: item.variable.key, transform: transform,
          byteCount: stored.map(\.info.byteCount).saturatedSum))
      planned.append(
        PlannedTensor(
          info: TensorInfo(
            name: TensorName(item.variable.key), dtype: .float32, shape: item.shape, byteCount: byteCount),
          content: .made(maker), placement: first.placement))
    }
    let shards = OutputPlan.shardCount(of: model.source)
    return (
      ModelPlan(tensors: try OutputPlan(planned, shardCount: shards), graph: graph, flagsPath: model.flagsPath),
      list
    )
  }
}
