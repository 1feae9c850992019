import Bytes
import Predictions
import Terminal

/// How a merge is done: as the command line says and, where that is silent, as a weights file says that it was done when
/// the weights were found.
struct MergePlan {
  private(set) var rule: HowOption
  private(set) var missing: MergeOptions.MissingLabels?
  private(set) var topK: Int?
  private(set) var preset: Preset?
  let weights: FoundWeights
  /// What the weights file says: that which is taken over, and that which the command line overrules.
  private var taken: [String] = []
  private var overruled: [String] = []

  /// What the command line says, completed.
  ///
  /// - Throws: ``KernelError`` `.badData` when the weights file names a preset that there is not.
  init(
    _ rule: HowOption, missing: MergeOptions.MissingLabels?, topK: Int?, preset: Preset?, _ weights: FoundWeights
  ) throws {
    (self.rule, self.missing, self.topK, self.preset) = (rule, missing, topK, preset)
    self.weights = weights
    try settlePreset()
    settleRule()
    // A preset has no choice of these.
    self.missing = settled(missing, weights.recipe.missing, "missing", mayTake: self.preset == nil) { $0.rawValue }
    self.topK = settled(topK, weights.recipe.topK, "top-k", mayTake: true) { $0 == .max ? "all" : "\($0)" }
  }

  private mutating func settlePreset() throws {
    let found = try weights.recipe.preset.map { name in
      guard let preset = Preset(rawValue: name) else {
        let known = Preset.allCases.map(\.rawValue).joined(separator: ", ")
        throw KernelError(
          .badData, weights.source, "\"preset\" is '\(name.printable)', which is none of \(known)")
      }
      return preset
    }
    let isOther = rule.how != nil || missing != nil || (rule.w0 != nil && found != .notebook)
    preset = settled(preset, found, "preset", mayTake: !isOther) { $0.rawValue }
  }

  private mutating func settleRule() {
    guard let how = weights.recipe.how else { return }
    let found = how.parameterName.flatMap { weights.parameters[$0] }
    let words = "how \(how.rawValue)" + (found.map { ":\($0)" } ?? "")
    if preset == nil, !rule.isGiven { rule.how = HowOption.Rule(how) }
    let isTaken = preset == nil && rule.name == how && (rule.parameter ?? found) == found
    if isTaken { taken.append(words) } else { overruled.append(words) }
  }

  /// What the command line gives or else, if it may be taken, what the weights file has.
  private mutating func settled<Value: Equatable>(
    _ given: Value?, _ found: Value?, _ option: String, mayTake: Bool, _ text: (Value) -> String
  ) -> Value? {
    guard let found else { return given }
    let chosen = given ?? (mayTake ? found : nil)
    let words = "\(option) \(text(found))"
    if chosen == found { taken.append(words) } else { overruled.append(words) }
    return chosen
  }

  /// Says what comes from the weights file.
  func tell(_ diagnostics: Diagnostics) {
    let source = weights.source.printable
    if weights.unusedCount > 0 {
      diagnostics.warning(
        "\(source): \(counted(weights.unusedCount, "weight")) in it without a file here; the others are divided by their sum"
      )
    }
    if !taken.isEmpty {
      diagnostics.note("\(source): merging as its weights were found: " + taken.joined(separator: ", "))
    }
    if !overruled.isEmpty {
      diagnostics.note("\(source): its weights were found with other options: " + overruled.joined(separator: ", "))
    }
  }
}
