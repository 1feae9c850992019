import ArgumentParser
import Bytes
import Terminal
import Training

/// What an exported model is called, by the flags of the tenth place's `eval.py`.
struct NamingOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: """
      Write the model, and measure nothing: inference_model_N with the number of the step, inference_model_NAME of an \
      average, and of a filled ensemble its name with the weights in it.
      """)
  var createMetaOnly = false

  @Flag(inversion: .prefixedNo, help: "Call the model inference_model whatever the checkpoint is called.")
  var forceOutputModelName = false

  /// The name of the model made of a checkpoint.
  ///
  /// - Throws: ``KernelError`` `.usage` when the checkpoint is an exported model itself.
  func name(for prefix: String, _ flags: Hyperparameters) throws -> String {
    if forceOutputModelName { return ModelExport.baseName }
    guard let name = ModelExport.name(for: prefix, weights: flags.ensembleWts) else {
      throw KernelError(
        .usage, prefix, "is an exported model already", hint: "--force-output-model-name calls it inference_model")
    }
    return name
  }
}
