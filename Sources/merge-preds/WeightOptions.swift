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
      What optimize writes, {"weights": {"a.csv": 0.7, …}}. Files are found by their path or else by their name. What \
      it says of the merge stands in for --how, --power, --w0, --missing, --top-k and --preset where these are not given.
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

  /// The weights of `files`, empty when none are given, and what else is known with them.
  func resolve(_ files: [String]) throws -> FoundWeights {
    guard let weightsFile else { return FoundWeights(source: "", weights: try numbers()) }
    let file = try WeightsFile(weightsFile)
    return FoundWeights(
      source: weightsFile, weights: try file.weights(for: files, source: weightsFile),
      unusedCount: file.weights.count - files.count,
      parameters: Dictionary(file.parameters.map { ($0.name, $0.value) }) { $1 }, recipe: file.recipe)
  }
}

/// Weights, and what the file that holds them tells of the merge they are for.
struct FoundWeights {
  /// The file, as it was given.
  let source: String
  /// One for each prediction file; empty for equal ones.
  let weights: [Double]
  /// Weights in the file for which no predictions are given.
  var unusedCount = 0
  /// `w0` or `power`.
  var parameters: [String: Double] = [:]
  var recipe = MergeRecipe()
}
