import Bytes
import Checkpoints
import Graphs
import Inference

/// The files of a model: its graph, its tensors, and the two texts that tell of it.
struct ModelFileSet {
  private let meta: MetaGraph
  private let tensors: OutputPlan
  private let texts: [(name: String, bytes: [UInt8])]

  init(_ graph: InferenceGraph, _ modelFlags: ModelFlags, _ flags: Hyperparameters, _ tensors: OutputPlan) {
    meta = graph.meta
    self.tensors = tensors
    texts = [(ModelFlags.fileName, modelFlags.json), (Hyperparameters.fileName, flags.json)]
  }

  /// Writes all files; none appears unless all do.
  ///
  /// - Throws: ``KernelError`` `.cannotCreate` when one exists and may not be replaced, `.io` when the disk is full.
  func write(
    to folder: String, name: String, existing: AtomicFile.Existing, _ workers: Workers, progress: (Int) -> Void
  ) throws {
    let prefix = Path.join(folder, name)
    var companions = [CompanionFile(prefix + ".meta", ByteView(try meta.encoded()))]
    for text in texts {
      let path = Path.join(folder, text.name)
      // A run's own folder has them already.
      let isThere = (try? MappedFile(path).view.array) == text.bytes
      if !isThere { companions.append(CompanionFile(path, ByteView(text.bytes))) }
    }
    try BundleWriter(tensors, to: prefix, with: companions, existing: existing)
      .write(workers, progress: progress)
  }
}
