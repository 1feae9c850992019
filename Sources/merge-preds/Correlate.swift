import ArgumentParser
import Bytes
import Predictions
import Terminal

/// `merge-preds correlate`
struct Correlate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell how alike the predictions of several models are.",
    discussion: """
      For each two files: Pearson's and Spearman's correlation of the scores that both give the same label of the same \
      video, and which share of the best K labels of a video they have in common. Models that agree less add more to a \
      merge. Of ranked segments the places are compared.
      """)

  @Argument(help: "The prediction files; - is standard input.", completion: .file()) var files: [String]

  @Option(
    name: [.customShort("k"), .long],
    help: ArgumentHelp(
      "Compare the best so many labels of a video (default: 20) or segments of a class (default: 1000).",
      valueName: "k"))
  var topK: Int?

  @OptionGroup var json: JSONFlag
  @OptionGroup var threads: ThreadsOption

  func validate() throws {
    if let topK, topK < 1 { throw ValidationError("--top-k must be 1 or more, not \(topK)") }
  }

  func run() throws {
    let paths = try PredictionInputs.paths(files)
    guard paths.count >= 2 else { throw ValidationError("there are not two files to compare") }
    let inputs = try PredictionInputs(paths, threads.workers)
    let matrix = try CorrelationMatrix(inputs, topK: topK, threads.workers)
    try json.json ? matrix.writeJSON() : matrix.writeTables()
  }
}
