import ArgumentParser
import Bytes
import Optimization
import Predictions

/// How `optimize` looks for weights.
struct SearchChoices: ParsableArguments {
  @Option(
    help: """
      bayes, Bayesian optimization; greedy, the selection of Caruana; sbplx, a local search; coordinate, one weight \
      after the other; or random.
      """)
  var method = SearchMethod.bayes

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "How many evaluations to make in all (default: 30 for each weight, at least 100).", valueName: "n"))
  var iterations: Int?

  @Option(help: ArgumentHelp("Decides everything random (default: 0).", valueName: "number")) var seed: UInt32?

  @Option(
    help: ArgumentHelp(
      "Look between these bounds for each weight, in place of weights of sum 1: 0:200, or one pair for each file.",
      valueName: "low:high,…"))
  var bounds: String?

  @Option(
    help: ArgumentHelp(
      "Look for the w0 of --how place, or the P of --how power, between these bounds too; the w0 may be from 0.",
      valueName: "low:high"))
  var tune: String?

  @Option(
    help: ArgumentHelp(
      "Begin with these weights too: numbers as .7,.3, or a weights file.", valueName: "weights"))
  var initial: [String] = []

  @Option(
    help: ArgumentHelp(
      "Begin with so many points as bayes_opt draws them from its random_state, the seed; needs --bounds.",
      valueName: "n"))
  var initPoints: Int?

  @Option(
    help: ArgumentHelp(
      "What makes a point promising: ei, or ucb:KAPPA as in the 2019 notebook (2.576).", valueName: "rule"))
  var acquisition: AcquisitionOption?

  @Option(help: ArgumentHelp("Evaluate so many points at the same time.", valueName: "n")) var batch = 1

  func validate() throws {
    if let iterations, iterations < 1 { throw ValidationError("--iterations must be 1 or more, not \(iterations)") }
    if batch < 1 { throw ValidationError("--batch must be 1 or more, not \(batch)") }
    if let initPoints, initPoints < 1 {
      throw ValidationError("--init-points must be 1 or more, not \(initPoints)")
    }
    if let tune { _ = try SearchChoices.range(tune, "--tune") }
    if let bounds {
      for pair in bounds.split(separator: ",") { _ = try SearchChoices.range(String(pair), "--bounds") }
    }
  }

  /// The points to look at.
  func space(_ files: [String], _ goal: Goal) throws -> SearchSpace {
    let standard = goal.searchedAsNotebook
    let weightBounds = try bounds(bounds ?? standard?.bounds, files.count)
    guard let tune = tune ?? standard?.tune else { return try SearchSpace(weights: files, bounds: weightBounds) }
    guard let parameter = goal.parameter, goal.recipe.preset != Preset.ensemble.rawValue else {
      throw ValidationError("--tune is for --how place and --how power")
    }
    var range = try SearchChoices.range(tune, "--tune")
    if range.lowerBound == 0, range.upperBound > 0, case .place = goal.rule {
      range = SearchChoices.leastW0...range.upperBound
    }
    for end in [range.lowerBound, range.upperBound] { try goal.rule.with(parameter: end).check() }
    let initial = min(max(parameter.value, range.lowerBound), range.upperBound)
    return try SearchSpace(
      weights: files, bounds: weightBounds, tunables: [.init(parameter.name, in: range, initial: initial)])
  }

  /// What stands for 0, at which places have no weight: next to nothing counts but the first place, and the others still
  /// have their order. The sum with a bound is that bound, so that points are drawn as if it were 0.
  private static let leastW0 = 1e-30

  private func bounds(_ text: String?, _ count: Int) throws -> [ClosedRange<Double>]? {
    guard let text else { return nil }
    let ranges = try text.split(separator: ",").map { try SearchChoices.range(String($0), "--bounds") }
    guard ranges.count == 1 || ranges.count == count else {
      throw ValidationError("--bounds: \(ranges.count) pairs for \(count) files")
    }
    return ranges.count == count ? ranges : Array(repeating: ranges[0], count: count)
  }

  private static func range(_ text: String, _ option: String) throws -> ClosedRange<Double> {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
    guard parts.count == 2, let low = parts[0], let high = parts[1], low.isFinite, high.isFinite, low <= high else {
      throw ValidationError("\(option): '\(text)' is not LOW:HIGH")
    }
    return low...high
  }

  func options(_ space: SearchSpace, _ files: [String], _ goal: Goal) throws -> SearchOptions {
    let standard = goal.searchedAsNotebook
    let seed = seed ?? standard?.seed ?? 0
    let count = iterations ?? standard?.iterations ?? max(100, 30 * space.dimension)
    var options = SearchOptions(method, iterations: count, seed: seed)
    options.batch = batch
    if let acquisition = acquisition?.acquisition ?? standard?.acquisition { options.acquisition = acquisition }
    if initPoints != nil, space.weightBounds == nil { throw ValidationError("--init-points needs --bounds") }
    if let initPoints = initPoints ?? standard?.initPoints { options.randomState = (seed, initPoints) }
    options.initial = try initial.map { try initialPoint($0, space, files) }
    return options
  }

  /// Weights as they are written on the command line or in a file, brought to a sum of 1 where that is demanded.
  private func initialPoint(_ text: String, _ space: SearchSpace, _ files: [String]) throws -> [Double] {
    let words = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    var tunables = space.tunables.map(\.initial)
    var weights: [Double]
    if words.allSatisfy({ $0 != nil }) {
      weights = words.compactMap { $0 }
    } else {
      let file = try WeightsFile(text)
      weights = try file.weights(for: files, source: text)
      for (index, tunable) in space.tunables.enumerated() {
        if let found = file.parameters.first(where: { $0.name == tunable.name }) { tunables[index] = found.value }
      }
    }
    guard weights.count == files.count else {
      throw ValidationError("--initial: \(weights.count) weights for \(files.count) files")
    }
    let sum = weights.reduce(0, +)
    if space.weightBounds == nil, sum > 0 { weights = weights.map { $0 / sum } }
    return weights + tunables
  }
}

/// The value of `--acquisition`.
struct AcquisitionOption: ExpressibleByArgument {
  let acquisition: Acquisition

  init?(argument: String) {
    let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let number = parts.count == 2 ? Double(parts[1]) : nil
    guard parts.count <= 2, parts.count == 1 || number?.isFinite == true, number.map({ $0 >= 0 }) ?? true else {
      return nil
    }
    switch parts[0] {
    case "ei": acquisition = .expectedImprovement(xi: number ?? 0)
    case "ucb": acquisition = .upperConfidenceBound(kappa: number ?? 2.576)
    default: return nil
    }
  }
}

extension SearchMethod: ExpressibleByArgument {}

/// How the 2019 9th place's notebook looked for weights (specs: tm_google §6.4).
struct NotebookSearch {
  let tune = "0:10"
  let bounds = "0:200"
  let initPoints = 3
  let iterations = 1003
  let acquisition = Acquisition.upperConfidenceBound(kappa: 2.576)
  let seed: UInt32 = 7
}

extension Goal {
  /// What holds where the command line does not say otherwise, if the preset is of the notebook.
  var searchedAsNotebook: NotebookSearch? { recipe.preset == Preset.notebook.rawValue ? NotebookSearch() : nil }
}
