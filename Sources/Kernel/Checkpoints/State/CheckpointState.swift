import Bytes

/// The `checkpoint` file of a folder: which checkpoint is the latest, and which others are kept
/// (`CheckpointState` in protobuf text; specs: formats §6).
public struct CheckpointState: Equatable, Sendable {
  /// The name TensorFlow gives the file.
  public static let fileName = "checkpoint"

  /// The latest checkpoint as written: absolute, or relative to the file's folder.
  public var latest: String
  /// All kept checkpoints, oldest first.
  public var all: [String]
  /// Seconds since 1970 of each of ``all``; TF2's CheckpointManager keeps them.
  public var timestamps: [Double]
  public var lastPreserved: Double?

  /// A state whose list contains its latest checkpoint, as TensorFlow makes sure too.
  public init(latest: String, all: [String] = [], timestamps: [Double] = [], lastPreserved: Double? = nil) {
    self.latest = latest
    self.all = all.contains(latest) ? all : all + [latest]
    self.timestamps = timestamps
    self.lastPreserved = lastPreserved
  }

  /// Reads the state file at `path`.
  ///
  /// - Throws: ``KernelError`` `.noInput` when it is missing, `.badData` when it is not a state file.
  public init(reading path: String) throws {
    let file = try MappedFile(path)
    guard file.count <= 1 << 26 else {
      throw KernelError(.badData, path, "is too large for a checkpoint state file")
    }
    latest = ""
    all = []
    timestamps = []
    for field in try TextProto.fields(file.view.array, path: path) {
      switch (field.name, field.value) {
      case ("model_checkpoint_path", .string(let value)):
        latest = try CheckpointState.text(value, path: path, line: field.line)
      case ("all_model_checkpoint_paths", .string(let value)):
        all.append(try CheckpointState.text(value, path: path, line: field.line))
      case ("all_model_checkpoint_timestamps", .word(let value)):
        timestamps.append(try CheckpointState.number(value, path: path, line: field.line))
      case ("last_preserved_timestamp", .word(let value)):
        lastPreserved = try CheckpointState.number(value, path: path, line: field.line)
      default:
        throw KernelError(.badData, path, at: .line(field.line), "unknown field \(field.name.printable)")
      }
    }
    guard !latest.isEmpty else { throw KernelError(.badData, path, "names no latest checkpoint") }
  }

  private static func text(_ bytes: [UInt8], path: String, line: Int) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
      throw KernelError(.badData, path, at: .line(line), "a path is not valid UTF-8")
    }
    return text
  }

  private static func number(_ word: String, path: String, line: Int) throws -> Double {
    guard let value = Double(word) else {
      throw KernelError(.badData, path, at: .line(line), "\(word) is not a number")
    }
    return value
  }

  /// The file's text, as TensorFlow writes it.
  public var text: String {
    var lines = ["model_checkpoint_path: " + TextProto.literal(Array(latest.utf8))]
    lines += all.map { "all_model_checkpoint_paths: " + TextProto.literal(Array($0.utf8)) }
    lines += timestamps.map { "all_model_checkpoint_timestamps: \($0)" }
    if let lastPreserved { lines.append("last_preserved_timestamp: \(lastPreserved)") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Writes the state into `folder`, replacing what is there.
  public func write(to folder: String) throws {
    try AtomicFile.write(Array(text.utf8), to: Path.join(folder, CheckpointState.fileName), existing: .replace)
  }

  /// Removes a checkpoint from the list, with its timestamp.
  package mutating func drop(at index: Int) {
    if timestamps.count == all.count { timestamps.remove(at: index) } else { timestamps = [] }
    all.remove(at: index)
  }
}
