import Bytes

/// What `model_flags.json` tells of a model: the one file that the reference writes about it (specs: miha2018 §2.5).
package struct ModelFacts: Sendable, Equatable {
  package var model: String
  /// As the command line had them: `rgb,audio` and `1024,128`.
  package var featureNames: String
  package var featureSizes: String
  package var takesFrames: Bool
  package var labelLoss: String

  package static let fileName = "model_flags.json"

  package init(
    model: String, featureNames: String, featureSizes: String, takesFrames: Bool,
    labelLoss: String = "CrossEntropyLoss"
  ) {
    self.model = model
    self.featureNames = featureNames
    self.featureSizes = featureSizes
    self.takesFrames = takesFrames
    self.labelLoss = labelLoss
  }

  /// The file's bytes, as Python's `json.dumps` writes them.
  package var json: [UInt8] {
    var text: [UInt8] = []
    for (key, value) in [("model", model), ("feature_sizes", featureSizes), ("feature_names", featureNames)] {
      text.append(text: text.isEmpty ? "{" : ", ")
      text.append(jsonString: key)
      text.append(text: ": ")
      text.append(jsonString: value)
    }
    text.append(text: takesFrames ? ", \"frame_features\": true" : ", \"frame_features\": false")
    text.append(text: ", \"label_loss\": ")
    text.append(jsonString: labelLoss)
    text.append(text: "}")
    return text
  }
}
