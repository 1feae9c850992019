import Bytes
import Checkpoints
import Graphs
import Inference
import Tensors

/// A model whose variables are all zero, which `ckpt-tool fill` fills from single models.
///
/// The 10th place of 2018 trained ten steps, of no use in themselves, for such a file (specs: willow_boliu §4.7, §4.9).
package struct ModelTemplate {
  private let files: ModelFileSet

  /// The template of a graph's variables.
  ///
  /// - Parameters:
  ///   - modelFlags, flags: what the files beside the checkpoint tell of the model.
  /// - Throws: ``KernelError`` `.badData` when a variable has no shape of its own.
  package init(_ graph: InferenceGraph, _ modelFlags: ModelFlags, _ flags: Hyperparameters) throws {
    let tensors = try graph.meta.variables().map { variable in
      guard let dtype = variable.type.dtype, let size = dtype.byteCount, let shape = variable.shape.shape else {
        throw KernelError(.badData, "", at: .node(variable.node), "has no type and shape of its own")
      }
      let info = TensorInfo(
        name: TensorName(variable.key), dtype: dtype, shape: shape, byteCount: shape.elementCount * size)
      return PlannedTensor(info: info, content: .made(Zeros()), placement: .last)
    }
    files = ModelFileSet(graph, modelFlags, flags, try OutputPlan(tensors))
  }

  /// Writes all files; none appears unless all do.
  ///
  /// - Throws: ``KernelError`` `.cannotCreate` when one exists and may not be replaced, `.io` when the disk is full.
  package func write(
    to folder: String, name: String = ModelExport.baseName, existing: AtomicFile.Existing, _ workers: Workers,
    progress: (Int) -> Void = { _ in }
  ) throws {
    try files.write(to: folder, name: name, existing: existing, workers, progress: progress)
  }
}

/// Nothing but zeros.
private struct Zeros: PieceMaker {
  func make(_ range: Range<Int>, into out: UnsafeMutableRawBufferPointer) {
    out.initializeMemory(as: UInt8.self, repeating: 0)
  }
}
