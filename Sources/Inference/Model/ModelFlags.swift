import Bytes
import Records

/// What `model_flags.json` tells of a model: which features it takes, and from which kind of records
/// (specs: miha2018 §2.5).
package struct ModelFlags: Sendable, Equatable {
  /// Who says so: the file's path, or the options of the command line.
  package let source: String
  package let schema: VideoSchema
  /// The name of the loss that the model was trained with; `nil` when nobody says.
  package let labelLoss: String?

  package static let fileName = "model_flags.json"

  /// Features of one video, or of one frame, that a batch may have.
  private static let sizeLimit = 1 << 20

  /// - Parameters:
  ///   - names: `rgb,audio`, blanks around the names allowed.
  ///   - sizes: `1024,128`.
  /// - Throws: ``KernelError`` `.badData` when they do not fit each other.
  package init(
    source: String, names: String, sizes: String, level: VideoSchema.Level, labelLoss: String? = nil
  ) throws {
    self.source = source
    let names = ModelFlags.words(names)
    let words = ModelFlags.words(sizes)
    guard names.count == words.count else {
      throw KernelError(
        .badData, source, "\(names.count) feature names but \(words.count) feature sizes: each feature needs both")
    }
    var total = 0
    let inputs = try zip(names, words).map { name, word in
      guard let size = Int(word), size > 0, size <= ModelFlags.sizeLimit - total, !name.isEmpty else {
        throw KernelError(.badData, source, "'\(word)' cannot be the size of feature '\(name)'")
      }
      total += size
      return VideoSchema.Input(name, size: size)
    }
    schema = VideoSchema(level: level, inputs: inputs)
    self.labelLoss = labelLoss
  }

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
    guard case .bool(let isFrameLevel)? = object["frame_features"] else {
      throw KernelError(.badData, path, "does not say whether the model takes frames ('frame_features')")
    }
    try self.init(
      source: path, names: text("feature_names"), sizes: text("feature_sizes"),
      level: isFrameLevel ? .frame : .video, labelLoss: try? text("label_loss"))
  }

  private static func words(_ list: String) -> [String] {
    list.split(separator: ",", omittingEmptySubsequences: false).map { word in
      String(decoding: word.utf8.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 }.reversed(), as: UTF8.self)
    }
  }
}
