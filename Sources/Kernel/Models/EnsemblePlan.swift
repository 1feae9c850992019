import Bytes
import Checkpoints
import Graphs

extension ModelPlan {
  /// One model of several (``MetaGraph/ensemble(_:_:)``), with the flags of the last (specs: miha2018 §5).
  ///
  /// - Parameter weights: one for each model.
  /// - Throws: ``KernelError`` `.badData` when the models do not fit each other, or one lacks a tensor.
  package init(ensembleOf models: [ModelFiles], weights: [Float], _ rule: EnsembleRule) throws {
    guard models.count == weights.count else {
      throw KernelError(.usage, "", "\(weights.count) weights for \(models.count) models")
    }
    try ModelPlan.checkFeatures(models)
    let members = zip(models, weights).map {
      MetaGraph.EnsembleMember($0.graph, weight: $1, name: $0.graphPath)
    }
    let graph = try MetaGraph.ensemble(members, rule)
    var tensors: [PlannedTensor] = []
    for (number, model) in models.enumerated() {
      // The parts of a partitioned variable are one tensor.
      var seen: Set<String> = []
      for (variable, ref) in try model.savedTensors() where seen.insert(variable.key).inserted {
        var tensor = PlannedTensor(copying: TensorRef(ref.source, ref.index, sourceOrder: number))
        tensor.info.name = TensorName("model_\(number)/" + variable.key)
        tensors.append(tensor)
      }
    }
    var plan = try OutputPlan(tensors)
    plan.storesEqualTensorsOnce = true
    self.init(tensors: plan, graph: graph, flagsPath: models.last?.flagsPath)
  }

  /// Refuses models whose flags say that they take different features, which shapes alone would not tell.
  private static func checkFeatures(_ models: [ModelFiles]) throws {
    var first: (path: String, features: [String: String])?
    for model in models {
      guard let path = model.flagsPath else { continue }
      let features = try features(path)
      guard let first else {
        first = (path, features)
        continue
      }
      for (key, value) in features.sorted(by: { $0.key < $1.key }) {
        if let other = first.features[key], other != value {
          throw KernelError(
            .badData, path, "\(key) is \(value) where \(first.path.printable) has \(other)",
            hint: "models of an ensemble see the same videos")
        }
      }
    }
  }

  /// What a `model_flags.json` says of the features, blanks left out.
  private static func features(_ path: String) throws -> [String: String] {
    let bytes = try MappedFile(path).view
    let json: JSON
    do { json = try bytes.withUnsafeBytes { try JSON(parsing: $0) } } catch let fault as ByteReader.Fault {
      throw KernelError(.badData, path, at: .byte(fault.offset), fault.problem)
    }
    guard case .object(let object) = json else { throw KernelError(.badData, path, "is not a JSON object") }
    var features: [String: String] = [:]
    for key in ["feature_names", "feature_sizes", "frame_features"] {
      switch object[key] {
      case .string(let text): features[key] = text.filter { $0 != " " }.printable
      case .bool(let value): features[key] = value ? "true" : "false"
      default: break
      }
    }
    return features
  }

  /// Writes the model as `inference_model` into a folder that does not exist yet.
  ///
  /// - Throws: ``KernelError`` `.cannotCreate` when the folder exists or cannot be made; then nothing is left behind.
  package func write(toNewFolder folder: String, _ workers: Workers, progress: (Int) -> Void) throws {
    guard !folder.isEmpty else { throw KernelError(.usage, "", "the ensemble's folder has an empty name") }
    guard FileStatus(folder) == nil else {
      throw KernelError(
        .cannotCreate, folder, "exists already", hint: "give the ensemble a folder of its own, or remove this one")
    }
    let folders = FolderMaker()
    do {
      try folders.makeWithParents(folder)
      let prefix = Path.join(folder, "inference_model")
      let writer = try BundleWriter(tensors, to: prefix, with: try companions(of: prefix), existing: .refuse)
      try writer.write(workers, progress: progress)
    } catch {
      folders.removeMade()
      throw error
    }
  }
}
