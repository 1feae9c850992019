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

      With --create-meta-only, and without a checkpoint, it writes a template: the model that the options describe, its \
      weights all zero, for ckpt-tool fill to fill from single models. The tenth place of 2018 trained ten steps for it.
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

  @Option(help: ArgumentHelp("What the files are called (default: inference_model).", valueName: "name"))
  var name: String?

  @OptionGroup var naming: NamingOptions
  @OptionGroup(title: "MODELS") var description: DescriptionOptions

  @Option(
    name: [.customLong("rounds"), .customLong("n-rounds")],
    help: ArgumentHelp("Average this many passes, for models that draw frames at random.", valueName: "n"))
  var rounds = 1

  @Option(help: ArgumentHelp("Makes what such models draw repeatable.", valueName: "number"))
  var seed: UInt32?

  @OptionGroup var forcing: ForceFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if let name, name.isEmpty || name.contains("/") {
      throw ValidationError("--name must be a name without folders, not '\(name)'")
    }
  }

  func run() throws {
    trained.idle.note(quiet.diagnostics)
    if naming.createMetaOnly, !trained.choice.isThere(in: trainDir) { return try writeTemplate() }
    let prefix = try trained.choice.prefix(in: trainDir)
    let model = try trained.model(prefix, description.stated)
    let export = try model.export(
      rounds: rounds, usesAverages: trained.usesAverages, seed: seed.map(Int.init))
    let folder = output ?? Path.folder(of: prefix)
    let name = try name ?? (naming.createMetaOnly ? naming.name(for: prefix, model.flags) : ModelExport.baseName)
    try inFolder(folder) {
      try export.write(to: folder, name: name, existing: forcing.existing, threads.workers)
    }
    quiet.diagnostics.detail("\(Path.join(folder, name)): made of \(prefix)")
  }

  /// Makes a folder for what `body` writes, and takes it away again when that fails.
  private func inFolder(_ folder: String, _ body: () throws -> Void) throws {
    let maker = FolderMaker()
    try maker.makeWithParents(folder)
    do { try body() } catch {
      maker.removeMade()
      throw error
    }
  }

  private func writeTemplate() throws {
    guard let folder = output ?? trainDir else {
      throw KernelError(.usage, "", "nobody says where to write the template", hint: "use --output or --train-dir")
    }
    let modelFlags = try description.modelFlags
    let model = try Zoo.model(named: description.model ?? "")
    let flags = try trained.flags.hyperparameters(of: model)
    let videos = VideoShape(
      featureSizes: modelFlags.schema.inputs.map(\.size),
      frameLimit: modelFlags.takesFrames ? trained.extents.maxFrames ?? 300 : nil,
      classCount: trained.extents.numClasses ?? flags.lineage.usualClassCount)
    let graph = try InferenceGraph(
      model, flags, videos, rounds: rounds, seed: seed.map(Int.init))
    // Nothing was trained: the number of the step is 0.
    let name = name ?? (naming.forceOutputModelName ? ModelExport.baseName : "\(ModelExport.baseName)_0")
    try inFolder(folder) {
      try ModelTemplate(graph, modelFlags, flags)
        .write(to: folder, name: name, existing: forcing.existing, threads.workers)
    }
    quiet.diagnostics.detail("\(Path.join(folder, name)): a template")
  }
}
