import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool ema`
struct MovingAverages: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ema", abstract: "Take, add, apply or remove exponential moving averages.",
    discussion: """
      The average of a variable, its shadow, is called NAME/ExponentialMovingAverage, as TensorFlow calls it.
      """,
    subcommands: [Fold.self, Init.self, Apply.self, Strip.self])

  /// `--scope` of the subcommands that speak of shadow variables.
  struct ShadowOptions: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "A scope that shadows' names repeat: 'tower' for tower/tower/w/ExponentialMovingAverage.",
        valueName: "scope"))
    var scope = ""

    var shadows: Shadows { Shadows(ShadowName(scope: scope)) }
  }

  struct Fold: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Average a run of checkpoints, the later the heavier.",
      discussion: """
        From one checkpoint to the next the decay is raised to the number of training steps between them, which \
        global_step tells, or else the number at the end of the name. What is no floating number, as global_step, \
        is copied from the last.
        """)

    @Argument(help: "The checkpoints in training order, or a quoted pattern of them.", completion: .file())
    var inputs: [String]
    @Option(help: ArgumentHelp("The factor by which the average shrinks in one step.", valueName: "d"))
    var decay: Double?
    @Option(
      name: [.customLong("halflife"), .customLong("half-life")],
      help: ArgumentHelp("Steps after which half of a value is left.", valueName: "steps"))
    var halfLife: Double?
    @Option(
      name: [.customLong("ema-halflife")],
      help: ArgumentHelp("The reference's flag of that name: decay 1 - 1/H, not a true half-life.", valueName: "h"))
    var referenceHalfLife: Double?
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var result: ResultOption
    @OptionGroup var writing: WritingOptions

    func validate() throws {
      guard [decay, halfLife, referenceHalfLife].compactMap({ $0 }).count == 1 else {
        throw ValidationError("give exactly one of --decay, --halflife and --ema-halflife")
      }
    }

    func run() throws {
      let average: MovingAverage
      if let decay {
        average = try MovingAverage(decay: decay)
      } else if let halfLife {
        average = try MovingAverage(halfLife: halfLife)
      } else {
        average = try MovingAverage(referenceHalfLife: referenceHalfLife ?? 0)
      }
      let selection = self.selection.selection
      let sources = try CheckpointSeries.named(inputs).map { try openCheckpoint($0, writing.quiet) }
      self.selection.warnOfUnmatched(in: sources, writing.quiet.diagnostics)
      let run = try CheckpointRun(sources) { selection.contains($0.description) }
      try writing.write(try average.fold(run), to: result.output)
    }
  }

  struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Add shadow variables equal to the weights.")

    @Argument(help: "The checkpoint.", completion: .file()) var source: String
    @OptionGroup var destination: DestinationArgument
    @OptionGroup var shadow: ShadowOptions
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var writing: WritingOptions

    func run() throws {
      let selection = self.selection.selection
      let source = try openCheckpoint(source, writing.quiet)
      self.selection.warnOfUnmatched(in: [source], writing.quiet.diagnostics)
      try writing.write(
        try shadow.shadows.adding(to: source) { selection.contains($0.description) }, to: destination.path)
    }
  }

  struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Put the shadow values into the weights.")

    @Argument(help: "The checkpoint.", completion: .file()) var source: String
    @OptionGroup var destination: DestinationArgument
    @Flag(help: "Leave the shadow variables out of the result.") var strip = false
    @OptionGroup var shadow: ShadowOptions
    @OptionGroup var writing: WritingOptions

    func run() throws {
      try writing.write(
        try shadow.shadows.applying(to: try openCheckpoint(source, writing.quiet), stripping: strip),
        to: destination.path)
    }
  }

  struct Strip: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove the shadow variables.")

    @Argument(help: "The checkpoint.", completion: .file()) var source: String
    @OptionGroup var destination: DestinationArgument
    @OptionGroup var writing: WritingOptions

    func run() throws {
      try writing.write(try Shadows.stripping(try openCheckpoint(source, writing.quiet)), to: destination.path)
    }
  }
}
