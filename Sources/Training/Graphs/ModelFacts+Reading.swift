import Bytes

extension ModelFacts {
  /// Reads a `model_flags.json`.
  ///
  /// - Throws: ``KernelError`` `.noInput` when it cannot be read, `.badData` when it is not such a file.
  package init(reading path: String) throws {
    let bytes = try MappedFile(path).view
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
    self.init(
      model: try text("model"), featureNames: try text("feature_names"), featureSizes: try text("feature_sizes"),
      takesFrames: takesFrames, labelLoss: try text("label_loss"))
  }

  /// Whether both tell the same, blanks between features apart.
  package func means(_ other: ModelFacts) -> Bool { summary == other.summary }

  /// What is told, in one line.
  package var summary: String {
    let level = takesFrames ? "frames" : "means"
    let features = zip(featureNames.split(separator: ","), featureSizes.split(separator: ",")).map { name, size in
      "\(name.filter { $0 != " " })[\(size.filter { $0 != " " })]"
    }
    return "\(model) of \(level) \(features.joined(separator: ",")) with \(labelLoss)"
  }
}
