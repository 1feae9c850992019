import Bytes
import Training

/// The words `KEY=VALUE` that describe a training run.
///
/// Keys are hyperparameters, and `features` (24,8), `frames` (0 for whole videos), `classes`, `lineage`, `loss`,
/// `teacher` (its weight in distillation), `optimizer`, `rate`, `decay`, `period`, `batch`, `clip`, `penalty`,
/// `average` (the part of a moving average that stays).
struct Settings {
  private(set) var videos = VideoShape(featureSizes: [24, 8], frameLimit: 12, classCount: 12)
  private(set) var recipe = TrainingRecipe()
  private var lineage = Lineage.miha
  private var others: [(String, String)] = []

  init(_ words: ArraySlice<String>) throws {
    for word in words {
      guard let equals = word.firstIndex(of: "=") else { throw KernelError(.usage, "", "\(word) is not KEY=VALUE") }
      try set(String(word[..<equals]), String(word[word.index(after: equals)...]))
    }
  }

  /// The number that a word has which is no setting of all commands.
  mutating func takeCount(_ key: String) throws -> Int {
    guard let place = others.firstIndex(where: { $0.0 == key }), let count = Int(others.remove(at: place).1),
      count >= 0
    else { throw KernelError(.usage, "", "there is no number for \(key)") }
    return count
  }

  func hyperparameters() throws -> Hyperparameters {
    var flags = Hyperparameters(lineage)
    for name in Set(others.map(\.0)) { try flags.set(name, others.filter { $0.0 == name }.map(\.1)) }
    return flags
  }

  private mutating func set(_ key: String, _ value: String) throws {
    func fail() -> KernelError { KernelError(.usage, "", "\(value) does not fit \(key)") }
    func number() throws -> Float {
      guard let number = Float(value) else { throw fail() }
      return number
    }
    switch key {
    case "features": videos.featureSizes = value.split(separator: ",").compactMap { Int($0) }
    case "frames": videos.frameLimit = Int(value).flatMap { $0 > 0 ? $0 : nil }
    case "classes": videos.classCount = try Int(number())
    case "lineage":
      guard let known = Lineage(rawValue: value) else { throw fail() }
      lineage = known
    case "loss":
      guard let loss = TrainingLoss.named[value] else { throw fail() }
      recipe.loss = loss
    case "teacher": recipe.loss = .distillation(teacher: try number())
    case "optimizer":
      guard let optimizer = Optimizer(rawValue: value) else { throw fail() }
      recipe.optimizer = optimizer
    case "rate": recipe.baseLearningRate = try number()
    case "decay": recipe.learningRateDecay = try number()
    case "period": recipe.decayExamples = try number()
    case "batch": recipe.batchSize = try Int(number())
    case "clip": recipe.clipNorm = try number()
    case "penalty": recipe.regularizationPenalty = try number()
    case "average": recipe.averageDecay = try number()
    default: others.append((key, value))
    }
  }
}
