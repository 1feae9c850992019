import ArgumentParser
import Bytes
import Execution
import Inference
import Terminal
import Training

/// `trainer train`
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model, or go on training it.",
    discussion: """
      Trains one of the published models on records and writes checkpoints model.ckpt-N to a folder, N the number of the \
      step. A training that was cut goes on from its newest checkpoint exactly where it was: the same command again ends \
      with the same bytes as if it had not been cut. Ctrl-C, SIGINT and \
      SIGTERM end it after the step that is being made, which is saved; the exit status is 128 and the signal's number.

      The options are those of the published train.py, train_distill.py and their models; underscores may stand for \
      hyphens, and flags may have =True or =False, or be turned off by --noflag.
      """)

  @Option(
    help: ArgumentHelp(
      """
      The model: \(Zoo.models.map(\.name).joined(separator: ", ")) (default: LogisticModel; of the lineage boliu \
      NetVLADModelLF).
      """, valueName: "name"))
  var model: String?

  @Option(
    help: ArgumentHelp("The folder of the training; made if it is missing.", valueName: "folder"),
    completion: .directory)
  var trainDir: String

  @Flag(inversion: .prefixedNo, help: "Remove the training that is in the folder, and begin anew.")
  var startNewModel = false

  @OptionGroup(title: "RECORDS") var records: TrainingRecordOptions
  @OptionGroup(title: "RECIPE") var recipe: RecipeOptions

  @Option(help: ArgumentHelp("End when there have been so many steps.", valueName: "n"))
  var maxSteps: Int?

  @Option(
    help: ArgumentHelp(
      "A checkpoint to begin with the weights of, and to keep moving averages of them from there.",
      valueName: "prefix"), completion: .file())
  var emaSource: String?

  @Option(
    help: ArgumentHelp(
      """
      Averages follow the weights by 1/n of the difference each step (default: 3000 with --ema-source). Without \
      --ema-source they begin with the first weights, as those of 2017 do.
      """, valueName: "n"))
  var emaHalflife: Double?

  @Option(
    help: ArgumentHelp(
      "Of first weights, of what the model draws, and of the order of records: the same gives the same bytes.",
      valueName: "number"))
  var seed: UInt32 = 0

  @OptionGroup(title: "CHECKPOINTS") var checkpoints: CheckpointOptions

  @Flag(help: "Tell at the end how long each kind of operator took.")
  var profile = false

  @OptionGroup(title: "MODELS") var flags: ModelFlagOptions
  @OptionGroup var idle: IdleOptions
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if let maxSteps, maxSteps < 1 { throw ValidationError("--max-steps must be 1 or more, not \(maxSteps)") }
    if let emaHalflife, !(emaHalflife >= 1 && emaHalflife.isFinite) {
      throw ValidationError("--ema-halflife must be 1 or more, not \(emaHalflife)")
    }
  }

  func run() throws {
    idle.note(quiet.diagnostics)
    let plan = try plan()
    for name in flags.given where ModelFlag.named(name)?.models.contains(plan.model.name) == false {
      quiet.diagnostics.note("--\(name) has no effect: \(plan.model.name) does not look at it")
    }
    let folder = try TrainingFolder(trainDir)
    try folder.removeLeftovers()
    let run = try TrainingRun.open(
      plan, in: folder, startsAnew: startNewModel, averagesFrom: emaSource, readers: threads.workers,
      workers: threads.workers)
    for note in run.notes { quiet.diagnostics.warning(note) }
    if let step = run.resumedStep { quiet.diagnostics.note("\(trainDir): going on after step \(step)") }
    if profile { run.session.profile = Profile() }
    var options = TrainingLoop.Options()
    options.maxSteps = maxSteps
    options.schedule = checkpoints.schedule
    options.readsAhead = threads.workers.count > 1
    let loop = TrainingLoop(
      run.session, in: folder, checkpoints.saver(threads.workers), events: try EventFile(in: trainDir), run.state,
      options)
    Interruption.watch()
    let outcome = try loop.run(run.input, isInterrupted: { Interruption.isRequested }) { report in
      if !quiet.quiet { StandardError.shared.line(report.line) }
    } warn: { problem in
      quiet.diagnostics.warning("\(problem)", hint: problem.hint)
    }
    if outcome == .interrupted { quiet.diagnostics.note("\(trainDir): ended by a signal; its step is saved") }
    if let step = run.resumedStep, outcome != .interrupted, try run.session.number() == step {
      quiet.diagnostics.note(
        "\(trainDir): nothing was left to do after step \(step): --max-steps or --num-epochs is reached")
    }
    if let profile = run.session.profile { try write(profile) }
    if outcome == .interrupted, let signal = Interruption.signal { throw ExitStatus.ended(by: signal) }
  }

  /// What each kind of operator took, the slowest first.
  private func write(_ profile: Profile) throws {
    var table = Table([
      .init("OPERATOR"), .init("CALLS", .right), .init("SECONDS", .right), .init("CPU SECONDS", .right),
    ])
    for entry in profile.entries {
      table.append(
        [entry.op, "\(entry.calls)"]
          + [entry.seconds, entry.processorSeconds].map { NumberFormat.fixed(3).text($0) })
    }
    try table.write()
  }

  private func plan() throws -> TrainingPlan {
    let model = try Zoo.model(
      named: model ?? (flags.lineage == Lineage.boliu.rawValue ? "NetVLADModelLF" : "LogisticModel"))
    let hyperparameters = try flags.hyperparameters(of: model)
    guard !hyperparameters.float16Flag else {
      throw KernelError(
        .usage, "", "--float16_flag is for models that are put together, not for trainings",
        hint: "trainer export --create-meta-only makes one, and ckpt-tool fill gives it the weights of trained ones"
      )
    }
    let lineage = hyperparameters.lineage
    var input = try records.input(batchSize: recipe.batchSize, lineage)
    input.hasTeacher = recipe.lossLambda != nil
    let modelFlags = try ModelFlags(
      source: ModelFlags.commandLine, model: model.name, names: records.featureNames, sizes: records.featureSizes,
      level: records.frameFeatures ? .frame : .video, labelLoss: recipe.labelLoss)
    var plan = try TrainingPlan(
      model, hyperparameters, modelFlags, recipe.recipe(lineage), input, seed: Int(seed))
    plan.averageHalflife = emaHalflife ?? (emaSource == nil ? nil : 3000)
    plan.averageForm = emaSource == nil ? .always : .sinceSource
    return plan
  }
}
