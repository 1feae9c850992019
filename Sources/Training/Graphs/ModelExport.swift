import Bytes
import Checkpoints
import Graphs
import Inference
import Tensors

/// A trained model as files that inference programs load: `inference_model.meta`, `.index`, `.data-00000-of-00001`, and
/// beside them `model_flags.json` and the hyperparameters (specs: miha2018 §2.3, §2.5).
package struct ModelExport {
  package static let baseName = "inference_model"

  private let graph: InferenceGraph

  package var meta: MetaGraph { graph.meta }
  private let files: ModelFileSet
  private let checkpoint: any TensorSource
  /// Where in the checkpoint each variable's value is.
  private let places: [(name: TensorName, index: Int)]

  /// Chooses the values of the graph's variables from a checkpoint of a training run; what else is in it, slots and
  /// averages, is left out.
  ///
  /// - Parameters:
  ///   - usesAverages: takes the moving average of each weight in its place.
  /// - Throws: ``KernelError`` `.badData` when the checkpoint lacks a variable, or has it in another type or shape.
  package init(
    _ graph: InferenceGraph, _ modelFlags: ModelFlags, _ flags: Hyperparameters,
    values checkpoint: any TensorSource,
    usesAverages: Bool = false
  ) throws {
    self.graph = graph
    let trained = Set(
      try graph.meta.variableDefinitions(in: "trainable_variables").map(\.node))
    places = try graph.meta.variables().map { variable in
      let index = try ModelExport.index(
        of: variable, in: checkpoint, usesAverages: usesAverages, mustHaveAverage: trained.contains(variable.node)
      )
      return (TensorName(variable.key), index)
    }
    let tensors = try OutputPlan(
      places.map { name, index in
        var tensor = PlannedTensor(copying: TensorRef(checkpoint, index))
        tensor.info.name = name
        return tensor
      })
    self.checkpoint = checkpoint
    files = ModelFileSet(graph, modelFlags, flags, tensors)
  }

  /// The values of the graph's variables under its names, read where they are.
  package var values: any TensorSource { RenamedTensors(checkpoint, places) }

  /// Where a variable's value is: under its own name, or that of its average, which in 2017 had the scope twice.
  private static func index(
    of variable: GraphVariable, in checkpoint: any TensorSource, usesAverages: Bool, mustHaveAverage: Bool
  ) throws -> Int {
    let shadow = variable.key + "/ExponentialMovingAverage"
    let scope = variable.key.prefix { $0 != "/" }
    var names = usesAverages ? [shadow, "\(scope)/\(shadow)"] : []
    // Statistics of batches had no averages in 2017, the number of the step never has one.
    if !(usesAverages && mustHaveAverage) { names.append(variable.key) }
    guard let index = names.lazy.compactMap({ checkpoint.index(of: TensorName($0)) }).first else {
      throw KernelError(
        .badData, checkpoint.path, at: .tensor(names[0]), "is not in the checkpoint, but the model has it",
        hint: usesAverages
          ? "the run may have kept no averages; export its weights instead"
          : "hyperparameters and checkpoint belong to different models")
    }
    let info = checkpoint.tensors[index]
    guard info.dtype == variable.type.dtype, variable.shape.isCompatible(with: PartialShape(info.shape)) else {
      throw KernelError(
        .badData, checkpoint.path, at: .tensor(info.name.description),
        "is \(info.dtype.name) \(info.shape), but the model has \(variable.type) \(variable.shape)",
        hint: "hyperparameters and checkpoint belong to different models")
    }
    return index
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

/// Some tensors of a container under other names.
private struct RenamedTensors: TensorSource {
  let tensors: [TensorInfo]
  private let source: any TensorSource
  private let places: [Int]

  init(_ source: any TensorSource, _ places: [(name: TensorName, index: Int)]) {
    let sorted = places.sorted { $0.name < $1.name }
    self.source = source
    self.places = sorted.map(\.index)
    tensors = sorted.map { name, index in
      var info = source.tensors[index]
      info.name = name
      return info
    }
  }

  var path: String { source.path }

  func contents(of index: Int) throws -> TensorContents { try source.contents(of: places[index]) }
}
