import Bytes
import Checkpoints
import Graphs
import Inference

/// The files of a model: its graph, its tensors, and the two texts that tell of it.
struct ModelFileSet {
  private let meta: MetaGraph
  private let tensors: OutputPlan
  private let modelFlags: ModelFlags
  private let flags: Hyperparameters

  init(_ graph: InferenceGraph, _ modelFlags: ModelFlags, _ flags: Hyperparameters, _ tensors: OutputPlan) {
    meta = graph.meta
    self.tensors = tensors
    self.modelFlags = modelFlags
    self.flags = flags
  }

  /// Writes all files; none appears unless all do.
  ///
  /// - Throws: ``KernelError`` `.cannotCreate` when one exists and may not be replaced, `.io` when the disk is full.
  func write(
    to folder: String, name: String, existing: AtomicFile.Existing, _ workers: Workers, progress: (Int) -> Void
  ) throws {
    let prefix = Path.join(folder, name)
    var companions = [CompanionFile(prefix + ".meta", ByteView(try meta.encoded()))]
    // A run's own folder has these already.
    let modelPath = Path.join(folder, ModelFlags.fileName)
    if (try? MappedFile(modelPath).view.array) != modelFlags.json {
      companions.append(CompanionFile(modelPath, ByteView(modelFlags.json)))
    }
    let path = Path.join(folder, Hyperparameters.fileName)
    if (try? Hyperparameters(reading: path)).map({ !flags.contradictions(to: $0).isEmpty }) ?? true {
      companions.append(CompanionFile(path, ByteView(flags.json)))
    }
    try BundleWriter(tensors, to: prefix, with: companions, existing: existing)
      .write(workers, progress: progress)
  }
}
