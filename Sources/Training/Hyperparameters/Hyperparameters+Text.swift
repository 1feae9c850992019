import Bytes

extension Hyperparameters {
  /// Sets a flag from the words that were given for it, all of them where it may be repeated, else the last.
  ///
  /// - Throws: ``KernelError`` `.usage`, naming the flag, when there is none of that name or a word does not fit it.
  package mutating func set(_ name: String, _ words: [String]) throws {
    guard let flag = ModelFlag.named(name) else { throw Hyperparameters.unknown(name) }
    guard let last = words.last else { return }
    switch flag.kind {
    case .flag(let path): self[keyPath: path] = try flag.bool(last)
    case .integer(let path, let range): self[keyPath: path] = try flag.integer(last, range)
    case .number(let path, let range): self[keyPath: path] = try flag.number(last, range)
    case .choice(let path, let choices):
      guard choices.contains(last) else { throw flag.misfit(last, "one of " + choices.joined(separator: ", ")) }
      self[keyPath: path] = last
    case .integers(let path, let range): self[keyPath: path] = try words.map { try flag.integer($0, range) }
    case .numbers(let path, let range): self[keyPath: path] = try words.map { try flag.number($0, range) }
    }
  }

  private static func unknown(_ name: String) -> KernelError {
    KernelError(.usage, "", "there is no hyperparameter \(name.printable)")
  }

  /// What two choices have that is not the same.
  package struct Difference: Sendable, Equatable {
    package let name: String
    package let own: String
    package let other: String
  }

  /// Each hyperparameter that differs, `lineage` first.
  ///
  /// - Parameter model: leaves out what this one does not look at; `nil` for none.
  package func differences(from other: Hyperparameters, for model: String? = nil) -> [Difference] {
    let lineages = Difference(name: "lineage", own: lineage.rawValue, other: other.lineage.rawValue)
    let all = ModelFlag.all.filter { flag in model.map { flag.models.contains($0) } ?? true }.map { flag in
      Difference(name: flag.name, own: flag.text(in: self), other: flag.text(in: other))
    }
    return ([lineages] + all).filter { $0.own != $0.other }
  }

  /// The differences that make another model of the same checkpoint: not those of an ensemble's weights, which are tried
  /// out.
  package func contradictions(to other: Hyperparameters, for model: String? = nil) -> [Difference] {
    differences(from: other, for: model).filter { $0.name != "ensemble_wts" }
  }
}

extension ModelFlag {
  fileprivate func bool(_ word: String) throws -> Bool {
    switch word.lowercased() {
    case "true", "t", "1": return true
    case "false", "f", "0": return false
    default: throw misfit(word, "true or false")
    }
  }

  fileprivate func integer(_ word: String, _ range: ClosedRange<Int>) throws -> Int {
    guard let value = Int(word), range.contains(value) else {
      throw misfit(word, "an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  fileprivate func number(_ word: String, _ range: ClosedRange<Double>) throws -> Double {
    guard let value = Double(word), range.contains(value) else {
      throw misfit(word, "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  fileprivate func misfit(_ word: String, _ expected: String) -> KernelError {
    KernelError(.usage, "", "--\(name) is '\(word.printable)', but must be \(expected)")
  }
}
