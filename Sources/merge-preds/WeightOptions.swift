import ArgumentParser
import Bytes
import Predictions

/// `--weights` and `--weights-file`.
struct WeightOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A weight for each file, as .7,.3 (default: equal).", valueName: "numbers"))
  var weights: String?

  @Option(
    help: ArgumentHelp(
      """
      What optimize writes, {"weights": {"a.csv": 0.7, …}}. Files are found by their path or else by their name. Its \
      w0 and power stand in for --w0 and --power.
      """, valueName: "path"), completion: .file())
  var weightsFile: String?

  func validate() throws {
    if weights != nil, weightsFile != nil {
      throw ValidationError("--weights and --weights-file exclude each other")
    }
    _ = try numbers()
  }

  var isGiven: Bool { weights != nil || weightsFile != nil }

  /// What `--weights` lists; empty without it.
  private func numbers() throws -> [Double] {
    guard let weights else { return [] }
    return try weights.split(separator: ",", omittingEmptySubsequences: false).map { word in
      let word = word.filter { $0 != " " }
      guard let number = Double(word), number.isFinite else {
        throw ValidationError("--weights: '\(word)' is not a number")
      }
      return number
    }
  }

  /// The weights of `files`, empty when none are given, and other numbers by name.
  func resolve(_ files: [String]) throws -> (weights: [Double], parameters: [String: Double]) {
    guard let weightsFile else { return (try numbers(), [:]) }
    let file = try WeightsFile(weightsFile)
    let parameters = Dictionary(file.parameters.map { ($0.name, $0.value) }) { $1 }
    return (try file.weights(for: files, source: weightsFile), parameters)
  }
}
