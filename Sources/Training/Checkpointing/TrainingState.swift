import Bytes
import Checkpoints

/// What a training remembers beside its checkpoints, so that it can go on exactly where it was: a file
/// `model.ckpt-N.training.json` for each.
package struct TrainingState: Sendable, Equatable {
  /// A choice by its name, and its value as text.
  package struct Setting: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// What the model is made of: must be the same when training goes on, and when the model is measured or exported.
  package var model: [Setting]
  /// How it is trained.
  package var training: [Setting]
  /// Where random operators are in their streams of numbers.
  package var randomPositions: [String: UInt64] = [:]
  /// Which records are read in what order (``InputOptions/identity``).
  package var input = ""
  /// The place in them, of which ``InputPlace/init(_:fileCount:)`` makes sense.
  private var encodedPlace: [UInt8] = Array("null".utf8)

  package init(model: [Setting], training: [Setting]) {
    self.model = model
    self.training = training
  }

  /// Where the state of a checkpoint is.
  package static func path(of prefix: String) -> String { prefix + ".training.json" }

  /// Keeps the place in the records.
  package mutating func keep(_ place: InputPlace) {
    encodedPlace = []
    place.append(to: &encodedPlace)
  }

  /// The place in the records of an input of so many files; `nil` when none was kept.
  ///
  /// - Throws: ``ByteReader/Fault`` when it is no place in such an input.
  package func place(fileCount: Int) throws -> InputPlace? {
    let json = try encodedPlace.withUnsafeBytes { try JSON(parsing: $0) }
    return json == .null ? nil : try InputPlace(json, fileCount: fileCount)
  }

  /// What is different in `other`: the names, with both values.
  package static func differences(_ mine: [Setting], _ other: [Setting]) -> [(
    name: String, mine: String, other: String
  )] {
    mine.compactMap { setting in
      let value = other.first { $0.name == setting.name }?.value
      guard let value, value != setting.value else { return nil }
      return (setting.name, setting.value, value)
    }
  }
}

extension TrainingState {
  /// The text of the file.
  package var json: [UInt8] {
    var json: [UInt8] = []
    json.append(text: "{\"model\": ")
    append(model, to: &json)
    json.append(text: ",\n \"training\": ")
    append(training, to: &json)
    json.append(text: ",\n \"random_positions\": ")
    append(randomPositions.sorted { $0.key < $1.key }.map { Setting($0.key, "\($0.value)") }, to: &json)
    json.append(text: ",\n \"input\": ")
    json.append(jsonString: input)
    json.append(text: ",\n \"place\": ")
    json += encodedPlace
    json.append(text: "}\n")
    return json
  }

  private func append(_ settings: [Setting], to json: inout [UInt8]) {
    json.append(text: "{")
    for (index, setting) in settings.enumerated() {
      if index > 0 { json.append(text: ", ") }
      json.append(jsonString: setting.name)
      json.append(text: ": ")
      json.append(jsonString: setting.value)
    }
    json.append(text: "}")
  }

  /// Reads the state of the checkpoint `prefix`; `nil` when it has none, as those of other programs.
  ///
  /// - Throws: ``KernelError`` `.badData` when it is not such a file.
  package init?(of prefix: String) throws {
    let path = TrainingState.path(of: prefix)
    guard FileStatus.exists(path) else { return nil }
    let view = try MappedFile(path).view
    let json = try reporting(path, at: 0) { try view.withUnsafeBytes { try JSON(parsing: $0) } }
    guard case .object(let object) = json, case .string(let input)? = object["input"] else {
      throw KernelError(.badData, path, "is not the state of a training")
    }
    func settings(_ key: String) throws -> [Setting] {
      guard case .object(let members)? = object[key] else {
        throw KernelError(.badData, path, "has no object '\(key)'")
      }
      return try members.members.map { name, value in
        guard case .string(let text) = value else {
          throw KernelError(.badData, path, "'\(name.printable)' of '\(key)' is not a string")
        }
        return Setting(name, text)
      }
    }
    model = try settings("model")
    training = try settings("training")
    for setting in try settings("random_positions") {
      guard let position = UInt64(setting.value) else {
        throw KernelError(.badData, path, "'\(setting.value.printable)' is no place in a stream of numbers")
      }
      randomPositions[setting.name] = position
    }
    self.input = input
    guard let place = object["place"] else { throw KernelError(.badData, path, "has no 'place'") }
    encodedPlace = place.text
  }
}

extension JSON {
  /// The value as text again; numbers are whole ones.
  fileprivate var text: [UInt8] {
    var text: [UInt8] = []
    append(to: &text)
    return text
  }

  private func append(to text: inout [UInt8]) {
    switch self {
    case .null: text.append(text: "null")
    case .bool(let value): text += Array("\(value)".utf8)
    case .number(.int(let value)): text.append(decimal: value)
    case .number(let number): text.append(jsonNumber: number.double)
    case .string(let string): text.append(jsonString: string)
    case .array(let elements):
      text.append(text: "[")
      for (index, element) in elements.enumerated() {
        if index > 0 { text.append(text: ", ") }
        element.append(to: &text)
      }
      text.append(text: "]")
    case .object(let object):
      text.append(text: "{")
      for (index, member) in object.members.enumerated() {
        if index > 0 { text.append(text: ", ") }
        text.append(jsonString: member.key)
        text.append(text: ": ")
        member.value.append(to: &text)
      }
      text.append(text: "}")
    }
  }
}
