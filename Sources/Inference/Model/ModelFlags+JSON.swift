import Bytes

extension ModelFlags {
  /// Reads a `model_flags.json`.
  ///
  /// - Throws: ``KernelError`` `.noInput` when it cannot be read, `.badData` when it is not such a file.
  package init(reading path: String) throws {
    let bytes: ByteView
    do { bytes = try MappedFile(path).view } catch var error as KernelError where error.kind == .noInput {
      error.hint = "copy it beside the model, or say --feature-names and --feature-sizes"
      throw error
    }
    let json = try reporting(path, at: 0) { try bytes.withUnsafeBytes { try JSON(parsing: $0) } }
    guard case .object(let object) = json else { throw KernelError(.badData, path, "is not a JSON object") }
    func text(_ key: String) throws -> String {
      guard case .string(let text)? = object[key] else {
        throw KernelError(.badData, path, "has no string '\(key)'")
      }
      return text
    }
    guard case .bool(let takesFrames)? = object["frame_features"] else {
      throw KernelError(.badData, path, "does not say whether the model takes frames ('frame_features')")
    }
    try self.init(
      source: path, model: try? text("model"), names: text("feature_names"), sizes: text("feature_sizes"),
      level: takesFrames ? .frame : .video, labelLoss: try? text("label_loss"))
  }

  /// The file's bytes, as Python's `json.dumps` writes them; what nobody says is left out.
  package var json: [UInt8] {
    var text: [UInt8] = []
    func key(_ name: String) {
      text.append(text: text.isEmpty ? "{" : ", ")
      text.append(jsonString: name)
      text.append(text: ": ")
    }
    for (name, value) in [("model", model), ("feature_sizes", featureSizes), ("feature_names", featureNames)] {
      guard let value else { continue }
      key(name)
      text.append(jsonString: value)
    }
    key("frame_features")
    text.append(text: takesFrames ? "true" : "false")
    if let labelLoss {
      key("label_loss")
      text.append(jsonString: labelLoss)
    }
    text.append(text: "}")
    return text
  }
}
