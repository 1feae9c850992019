import Bytes
import Checkpoints

/// A checkpoint about to become a submission archive: the files the official inference script looks for, at the
/// root of a tar archive.
///
/// Making one resolves and checks everything that can go wrong; ``write(to:options:progress:)`` then streams. File
/// names are not stored in a checkpoint, so a member may have another base name than its file.
public struct Submission: Sendable {
  /// What goes into the archive.
  public struct Options: Sendable {
    /// What the checkpoint is called in the archive.
    public var baseName = "inference_model"
    /// The model's flags, instead of `model_flags.json` beside the checkpoint.
    public var flagsPath: String?
    /// Whether the archive may do without graph (`.meta`) and flags.
    public var allowsMissing = false
    /// Whether a `checkpoint` state file that names the checkpoint is added.
    public var includesState = false

    public init() {}
  }

  /// A member of the archive to be.
  public struct Member: Sendable {
    public let name: String
    /// The file it comes from; `nil` for one made here.
    public let path: String?
    let contents: Contents

    public var byteCount: Int { contents.byteCount }
  }

  enum Contents: Sendable {
    case file(MappedFile)
    case bytes([UInt8])

    var byteCount: Int {
      switch self {
      case .file(let file): file.count
      case .bytes(let bytes): bytes.count
      }
    }
  }

  public static let flagsName = "model_flags.json"

  /// The checkpoint's prefix.
  public let prefix: String
  /// In the archive's order.
  public let members: [Member]
  /// What was allowed to be missing, and is.
  public let missing: [String]

  /// Plans the archive of the checkpoint that `path` names in any way ``CheckpointLocation`` understands.
  ///
  /// - Throws: ``KernelError`` `.noInput` when a file is missing, `.badData` when index and data do not fit,
  ///   `.usage` for a checkpoint of several shards or of another format.
  public init(_ path: String, _ options: Options = Options()) throws {
    try Submission.check(baseName: options.baseName)
    prefix = try Submission.bundlePrefix(path)
    let base = options.baseName
    var members = try Submission.checkpointMembers(prefix, base)
    var missing: [String] = []
    let optional = [
      (base + ".meta", prefix + ".meta", "export the graph"),
      (
        Submission.flagsName,
        options.flagsPath ?? Path.join(Path.folder(of: prefix), Submission.flagsName), "name the file with --flags"
      ),
    ]
    for (name, file, remedy) in optional {
      if options.allowsMissing, !FileStatus.exists(file), file != options.flagsPath {
        missing.append(name)
        continue
      }
      members.append(try Submission.member(name, file, hint: "\(remedy), or do without it with --allow-missing"))
    }
    if options.includesState {
      let text = CheckpointState(latest: base).text
      members.append(Member(name: CheckpointState.fileName, path: nil, contents: .bytes(Array(text.utf8))))
    }
    self.members = members
    self.missing = missing
  }

  private static func check(baseName: String) throws {
    let name = try? MemberName(Array(baseName.utf8))
    guard name?.components == [baseName], baseName.utf8.count <= 200 else {
      throw KernelError(.usage, "", "'\(baseName)' cannot be the name of a member at the archive's root")
    }
  }

  private static func bundlePrefix(_ path: String) throws -> String {
    let location = try CheckpointLocation(path)
    guard case .bundle(let prefix) = location else {
      throw KernelError(
        .usage, path, "is not a TensorFlow V2 checkpoint, which a submission needs",
        hint: "convert it first: ckpt-tool convert \(path) OUT")
    }
    return prefix
  }

  /// Data and index, after checking that they belong together as far as their sizes tell.
  private static func checkpointMembers(_ prefix: String, _ base: String) throws -> [Member] {
    let bundle = try Bundle(prefix: prefix)
    let shards = bundle.index.header.shardCount
    guard shards == 1 else {
      throw KernelError(
        .usage, prefix, "has \(shards) data files, but a submission has one",
        hint: "join them first: ckpt-tool reshard 1 \(prefix) OUT")
    }
    let data = try member(base + ".data-00000-of-00001", bundle.dataPath(shard: 0))
    for (position, tensor) in bundle.index.tensors.enumerated() {
      for entry in tensor.stored { _ = try bundle.storedBytes(entry, of: position) }
    }
    return [data, try member(base + ".index", prefix + ".index")]
  }

  private static func member(_ name: String, _ path: String, hint: String? = nil) throws -> Member {
    do {
      return Member(name: name, path: path, contents: .file(try MappedFile(path)))
    } catch var error as KernelError {
      if error.kind == .noInput { error.hint = error.hint ?? hint }
      throw error
    }
  }
}
