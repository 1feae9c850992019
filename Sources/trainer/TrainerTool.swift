import ArgumentParser
import Terminal

/// The root of the command tree; each subcommand is a file beside this one.
struct TrainerTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trainer", abstract: "Run exported models on records: predictions, and how good they are.",
    discussion: """
      Models are graphs that TensorFlow exported (inference_model.meta with its checkpoint and model_flags.json), also \
      quantized ones and ensembles; TensorFlow itself is not needed.
      """,
    version: Program.versionLine("trainer"),
    subcommands: [Train.self, Eval.self, Export.self, Infer.self, DistillDataset.self])
}
