import ArgumentParser
import Bytes
import Terminal
import Training

/// `trainer export`
struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a trained model for inference.",
    discussion: """
      Writes inference_model.meta, its checkpoint without what belongs to the optimizer, and model_flags.json, which \
      trainer infer, quantize, ckpt-tool ensemble and TensorFlow load. It is what the published eval.py leaves with \
      --build_only.
      """)

  @Option(
    help: ArgumentHelp("The folder of the training.", valueName: "folder"), completion: .directory)
  var trainDir: String?

  @OptionGroup var trained: TrainedModelOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where to write the files (default: the folder of the checkpoint).", valueName: "folder"),
    completion: .directory)
  var output: String?

  @Option(help: ArgumentHelp("What the files are called.", valueName: "name"))
  var name = ModelExport.baseName

  @Option(
    name: [.customLong("rounds"), .customLong("n-rounds")],
    help: ArgumentHelp("Average this many passes, for models that draw frames at random.", valueName: "n"))
  var rounds = 1

  @Option(help: ArgumentHelp("Makes what such models draw repeatable.", valueName: "number"))
  var seed: UInt32?

  @OptionGroup var forcing: ForceFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    trained.idle.note(quiet.diagnostics)
    let prefix = try trained.choice.prefix(in: trainDir)
    let model = try TrainedModel(prefix) { try trained.flags.hyperparameters(from: $0) }
    let export = try model.export(
      rounds: rounds, usesAverages: trained.usesAverages, seed: seed.map(Int.init))
    let folder = output ?? Path.folder(of: prefix)
    try FolderMaker().makeWithParents(folder)
    try export.write(to: folder, name: name, existing: forcing.existing, threads.workers)
    quiet.diagnostics.detail("\(Path.join(folder, name)): made of \(prefix)")
  }
}
