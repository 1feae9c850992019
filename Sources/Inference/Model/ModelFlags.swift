import Bytes
import Records

/// What `model_flags.json` tells of a model, the one file that the reference writes about it: its name, which features
/// it takes, from which kind of records, and the loss it was trained with (specs: miha2018 §2.5).
package struct ModelFlags: Sendable, Equatable {
  /// Who says so: the file's path, or the options of the command line.
  package let source: String
  /// The name of the model; `nil` when nobody says.
  package let model: String?
  /// As the command line had them: `rgb,audio` and `1024,128`.
  package let featureNames: String
  package let featureSizes: String
  /// The same, understood.
  package let schema: VideoSchema
  /// The name of the loss that the model was trained with; `nil` when nobody says.
  package let labelLoss: String?

  package static let fileName = "model_flags.json"
  /// The source of what the user says.
  package static let commandLine = "the command line"

  /// Features of one video, or of one frame, that a batch may have.
  private static let sizeLimit = 1 << 20

  /// - Parameters:
  ///   - names: `rgb,audio`, blanks around the names allowed.
  ///   - sizes: `1024,128`.
  /// - Throws: ``KernelError`` `.badData`, or `.usage` if the user says so, when they do not fit each other.
  package init(
    source: String, model: String? = nil, names: String, sizes: String, level: VideoSchema.Level,
    labelLoss: String? = nil
  ) throws {
    self.source = source
    self.model = model
    self.labelLoss = labelLoss
    featureNames = names
    featureSizes = sizes
    let names = ModelFlags.words(names)
    let words = ModelFlags.words(sizes)
    let kind: KernelError.Kind = source == ModelFlags.commandLine ? .usage : .badData
    guard names.count == words.count else {
      throw KernelError(
        kind, source, "\(names.count) feature names but \(words.count) feature sizes: each feature needs both")
    }
    var total = 0
    let inputs = try zip(names, words).map { name, word in
      guard let size = Int(word), size > 0, size <= ModelFlags.sizeLimit - total, !name.isEmpty else {
        throw KernelError(kind, source, "'\(word)' cannot be the size of feature '\(name)'")
      }
      total += size
      return VideoSchema.Input(name, size: size)
    }
    schema = VideoSchema(level: level, inputs: inputs)
  }

  /// Whether the model takes frames, not means of them.
  package var takesFrames: Bool { schema.level == .frame }

  /// Whether both describe the same model, whoever says so and with whatever blanks.
  package func describesSame(as other: ModelFlags) -> Bool { summary == other.summary }

  /// What is told, in one line.
  package var summary: String {
    let features = schema.inputs.map { "\($0.name)[\($0.size)]" }.joined(separator: ",")
    return "\(model ?? "a model") of \(takesFrames ? "frames" : "means") \(features)"
      + (labelLoss.map { " with \($0)" } ?? "")
  }

  private static func words(_ list: String) -> [String] {
    list.split(separator: ",", omittingEmptySubsequences: false).map { word in
      String(decoding: word.utf8.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed(), as: UTF8.self)
    }
  }
}
