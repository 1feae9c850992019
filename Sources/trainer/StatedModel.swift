import Bytes
import Inference

/// What a command line says of a model beside its hyperparameters; `nil` is not said.
struct StatedModel {
  var name: String?
  var featureNames: String?
  var featureSizes: String?
  var takesFrames: Bool?

  /// - Throws: ``KernelError`` `.usage` when it is not what the model's folder tells.
  func check(_ kept: ModelFlags) throws {
    if let name, name != kept.model {
      throw KernelError(.usage, kept.source, "says that the model is \(kept.model ?? "unknown"), not \(name)")
    }
    if let takesFrames, takesFrames != kept.takesFrames {
      throw KernelError(
        .usage, kept.source, "says that the model takes \(kept.takesFrames ? "frames" : "means of frames")")
    }
    guard featureNames != nil || featureSizes != nil else { return }
    let other = try ModelFlags(
      source: ModelFlags.commandLine, model: kept.model, names: featureNames ?? kept.featureNames,
      sizes: featureSizes ?? kept.featureSizes, level: kept.schema.level, labelLoss: kept.labelLoss)
    guard other.describesSame(as: kept) else {
      throw KernelError(.usage, kept.source, "says that the model is \(kept.summary), not \(other.summary)")
    }
  }
}
