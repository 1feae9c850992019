import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool fill`
struct Fill: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fill a float16 ensemble's checkpoint from single models.",
    discussion: """
      Tensors under model1/, model2/, … come from the second, third, … checkpoint, all others from the first, cast \
      to the template's types. The result is written as TRAIN_DIR/OUT_NAME-0, as the reference script does, with \
      the template's .meta if there is one.
      """)

  @Option(
    help: ArgumentHelp("The folder of the template and of the result.", valueName: "path"), completion: .directory)
  var trainDir: String
  @Option(
    help: ArgumentHelp("The template: a checkpoint in that folder whose values do not matter.", valueName: "name"))
  var inferenceModel: String
  @Option(help: ArgumentHelp("The name of the result, to which -0 is added.", valueName: "name"))
  var outName = "inference_model_float16_mean_ensemble"
  @Option(help: ArgumentHelp("The single models, in the order of their numbers.", valueName: "path,path,…"))
  var checkpoints: String
  @OptionGroup var writing: WritingOptions

  func run() throws {
    let template = try openCheckpoint(Path.join(trainDir, inferenceModel), writing.quiet)
    let models = try CheckpointSeries.listed(prefix: "", items: checkpoints).map {
      try openCheckpoint($0, writing.quiet)
    }
    let (plan, reports) = try Filling(template: template, models: models).plan()
    let meta = template.path + ".meta"
    let output = Path.join(trainDir, outName) + "-0"
    guard try writing.write(plan, to: output, copyingMeta: FileStatus.exists(meta) ? meta : nil) else { return }
    report(reports, writing.quiet.diagnostics)
  }
}
