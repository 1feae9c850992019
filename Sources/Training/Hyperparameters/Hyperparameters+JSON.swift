import Bytes

/// The file that keeps the hyperparameters beside a checkpoint: an object with `lineage` and every flag by its name.
extension Hyperparameters {
  package static let fileName = "hyperparameters.json"

  /// The file's bytes, one member a line, always in the same order.
  package var json: [UInt8] {
    var text: [UInt8] = []
    text.append(text: "{\n  \"lineage\": ")
    text.append(jsonString: lineage.rawValue)
    for flag in ModelFlag.all {
      text.append(text: ",\n  ")
      text.append(jsonString: flag.name)
      text.append(text: ": ")
      switch flag.kind {
      case .choice: text.append(jsonString: flag.text(in: self))
      case .integers, .numbers: text.append(contentsOf: "[\(flag.text(in: self))]".utf8)
      case .flag, .integer, .number: text.append(contentsOf: flag.text(in: self).utf8)
      }
    }
    text.append(text: "\n}\n")
    return text
  }

  /// Reads such a file; what it does not name has its default.
  ///
  /// - Throws: ``KernelError`` `.noInput` when it cannot be read, `.badData` when it is not such a file or names a flag
  ///   that does not exist.
  package init(reading path: String) throws {
    let bytes = try MappedFile(path).view
    let json = try reporting(path, at: 0) { try bytes.withUnsafeBytes { try JSON(parsing: $0) } }
    guard case .object(let object) = json, case .string(let name)? = object["lineage"],
      let lineage = Lineage(rawValue: name)
    else { throw KernelError(.badData, path, "is not an object that tells a model's lineage and hyperparameters") }
    self.init(lineage)
    for (key, value) in object.members where key != "lineage" {
      try take(key, Hyperparameters.words(value), from: path)
    }
  }

  /// What the state of a training tells, which has those that its model looks at.
  ///
  /// - Returns: `nil` when it tells no lineage.
  /// - Throws: ``KernelError`` `.badData`, naming `path`, for values that do not fit.
  init?(_ state: TrainingState, from path: String) throws {
    guard let name = state.model.first(where: { $0.name == "lineage" })?.value,
      let lineage = Lineage(rawValue: name)
    else { return nil }
    self.init(lineage)
    for setting in state.model where ModelFlag.named(setting.name) != nil {
      let isList = ModelFlag.named(setting.name)?.isRepeatable == true
      try take(
        setting.name, isList ? setting.value.split(separator: ",").map(String.init) : [setting.value], from: path)
    }
  }

  /// Sets a flag to what a file says.
  mutating func take(_ name: String, _ words: [String], from path: String) throws {
    do { try set(name, words) } catch var error as KernelError {
      error.kind = .badData
      error.source = path
      throw error
    }
  }

  private static func words(_ value: JSON) -> [String] {
    switch value {
    case .bool(let value): [value ? "true" : "false"]
    case .number(.int(let value)): ["\(value)"]
    case .number(let value): ["\(value.double)"]
    case .string(let text): [text]
    case .array(let values): values.flatMap(words)
    case .null, .object: [""]
    }
  }
}
