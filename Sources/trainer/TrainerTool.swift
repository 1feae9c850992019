import ArgumentParser
import Terminal

/// The root of the command tree; each subcommand is a file beside this one.
struct TrainerTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trainer", abstract: "Train models on records, measure them, and predict with them.",
    discussion: """
      Trained are the models that were published for the YouTube-8M challenges of 2017 and 2018. Predictions are also \
      made with graphs that TensorFlow exported (inference_model.meta with its checkpoint and model_flags.json), \
      quantized ones and ensembles; TensorFlow itself is not needed.
      """,
    version: Program.versionLine("trainer"),
    subcommands: [Train.self, Eval.self, Export.self, Infer.self, DistillDataset.self])
}
