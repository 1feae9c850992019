import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool avg`
struct Average: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "avg", abstract: "Average checkpoints tensor by tensor.",
    discussion: """
      Floating tensors are summed in float64 and keep their own types; integers, booleans and strings are copied \
      from the last checkpoint. The .meta file of the first is copied when there is one.
      """)

  @Argument(
    help: "The checkpoints, or quoted patterns of them; --prefix, when given, goes before each.",
    completion: .file())
  var inputs: [String] = []

  @Option(help: ArgumentHelp("What the names of the checkpoints begin with, up to the step.", valueName: "path"))
  var prefix = ""

  @Option(help: ArgumentHelp("Steps separated by commas, each appended to --prefix.", valueName: "n,n,…"))
  var checkpoints: String?

  @Option(help: ArgumentHelp("Every checkpoint of --prefix from step A to step B.", valueName: "a,b"))
  var checkpointsStartEnd: String?

  @Option(help: ArgumentHelp("The last N that the state file in the folder of --prefix lists.", valueName: "n"))
  var numLastCheckpoints = 0

  @Option(help: ArgumentHelp("A weight for each checkpoint, separated by commas.", valueName: "w,w,…"))
  var weights: String?

  @Option(help: "What global_step becomes: zero, max or last.")
  var globalStep: Averaging.GlobalStepRule = .zero

  @Option(help: "Where integers, booleans and strings come from: the first or the last checkpoint.")
  var others: Averaging.OtherRule = .last

  @Flag(help: "Leave out the optimizer's state (slots and powers).")
  var dropSlots = false

  @OptionGroup var selection: SelectionOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("The result, named exactly so.", valueName: "path"))
  var output: String?

  @Option(help: ArgumentHelp("The result, written as PATH-0 as the reference script does.", valueName: "path"))
  var outputPath: String?

  @OptionGroup var writing: WritingOptions

  func validate() throws {
    guard numLastCheckpoints >= 0 else { throw ValidationError("--num-last-checkpoints must not be negative") }
    let ways = [!inputs.isEmpty, checkpoints != nil, checkpointsStartEnd != nil, numLastCheckpoints != 0]
    guard ways.filter({ $0 }).count == 1 else {
      throw ValidationError(
        "name the checkpoints in one way: as arguments, --checkpoints, --checkpoints-start-end or --num-last-checkpoints"
      )
    }
    guard (output == nil) != (outputPath == nil) else {
      throw ValidationError("say where to write with either --output or --output-path")
    }
    guard outputPath != "" else { throw ValidationError("--output-path is empty") }
  }

  func run() throws {
    let paths = try paths()
    guard !paths.isEmpty else { throw ValidationError("--checkpoints names none") }
    let sources = try paths.map { try openCheckpoint($0, writing.quiet) }
    self.selection.warnOfUnmatched(in: sources, writing.quiet.diagnostics)
    let names = Set(sources[0].tensors.map(\.name))
    let selection = self.selection.selection
    let run = try CheckpointRun(sources) { name in
      selection.contains(name.description) && !(dropSlots && TensorRole(of: name, among: names) == .optimizer)
    }
    var averaging = Averaging()
    averaging.globalStep = globalStep
    averaging.others = others
    averaging.weights = try weights.map { try numbers($0, "--weights") }
    let meta = sources[0].path + ".meta"
    try writing.write(
      try averaging.plan(run), to: output ?? outputPath.map { $0 + "-0" } ?? "",
      copyingMeta: FileStatus.exists(meta) ? meta : nil)
  }

  private func paths() throws -> [String] {
    if let checkpoints { return CheckpointSeries.listed(prefix: prefix, items: checkpoints) }
    if let checkpointsStartEnd { return try CheckpointSeries.between(prefix: prefix, range: checkpointsStartEnd) }
    if numLastCheckpoints != 0 { return try CheckpointSeries.last(numLastCheckpoints, prefix: prefix) }
    return try CheckpointSeries.named(inputs.map { prefix + $0 })
  }
}

extension Averaging.GlobalStepRule: ExpressibleByArgument {}
extension Averaging.OtherRule: ExpressibleByArgument {}

/// The numbers of a comma-separated list given with `option`.
func numbers(_ list: String, _ option: String) throws -> [Double] {
  try list.split(separator: ",", omittingEmptySubsequences: false).map { word in
    guard let number = Double(word.drop { $0 == " " }) else {
      throw ValidationError("\(option): '\(word)' is not a number")
    }
    return number
  }
}
