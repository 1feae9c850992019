import Bytes
import Checkpoints
import Synchronization
import Models

extension Dequantization {
  /// How far the quantized variables of a model are from the numbers that they were made of.
  ///
  /// - Parameter original: holds the variables under the same names, as float32.
  /// - Throws: ``KernelError`` `.usage` when nothing in the model is quantized, `.badData` when `original` lacks a variable
  ///   or has another shape.
  package static func errors(
    of model: ModelFiles, from original: any TensorSource, _ workers: Workers,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> [TensorOutcome] {
    let (plan, restored) = try plan(model)
    let planned = Dictionary(
      plan.tensors.tensors.map { ($0.info.name, $0) }, uniquingKeysWith: { first, _ in first })
    let decoded = restored.sorted { $0.name < $1.name }.compactMap { item in
      planned[TensorName(item.name)].map { (item, $0) }
    }
    let total = decoded.map(\.1.info.byteCount).saturatedSum
    var done = 0
    return try decoded.map { item, tensor in
      defer {
        done += tensor.info.byteCount
        progress(done, total)
      }
      guard let index = original.index(of: tensor.info.name) else {
        throw KernelError(
          .badData, original.path, at: .tensor(item.name), "is not in the checkpoint",
          hint: "name the model that was quantized")
      }
      let weights = try WeightTensor(TensorRef(original, index), workers)
      guard weights.info.shape == tensor.info.shape else {
        throw weights.error("has shape \(weights.info.shape), but the quantized one has \(tensor.info.shape)")
      }
      guard case .made(let maker) = tensor.content else { throw weights.error("is not quantized") }
      let parts = try workers.map(weights.pieces.count) { piece in
        var sums = ErrorSums()
        try weights.forEach(piece..<piece + 1) { values, elements in
          let bytes = 4 * elements.lowerBound..<4 * elements.upperBound
          let out = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
          defer { out.deallocate() }
          try maker.make(bytes, into: out)
          if let base = out.bindMemory(to: Float.self).baseAddress { sums.add(values, base) }
        }
        return sums
      }
      return TensorOutcome(
        name: item.name, transform: item.transform, elementCount: weights.count, byteCount: item.byteCount,
        errors: parts.reduce(into: ErrorSums()) { $0.merge($1) }, bound: nil)
    }
  }
}
