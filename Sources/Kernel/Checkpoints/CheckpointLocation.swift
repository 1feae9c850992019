import Bytes

/// Which container a path means: the many names of a checkpoint resolved to one.
public enum CheckpointLocation: Equatable, Sendable {
  /// A V2 checkpoint, by prefix.
  case bundle(prefix: String)
  /// A V1 checkpoint: one file, or its shards in order.
  case v1(prefix: String, files: [String])
  case safetensors(String)
  case npz(String)

  /// Finds what `path` names: a prefix, one of a checkpoint's files (`.index`, `.data-…`, `.meta`), a folder with a
  /// `checkpoint` state file or that file (the latest checkpoint is meant), a `.safetensors` or `.npz` file.
  ///
  /// - Throws: ``KernelError`` `.noInput` with a hint at what may have been meant.
  public init(_ path: String) throws {
    guard !path.isEmpty else { throw KernelError(.usage, "", "an empty checkpoint name") }
    if path.hasSuffix(".safetensors") {
      self = .safetensors(path)
    } else if path.hasSuffix(".npz") {
      self = .npz(path)
    } else if FileStatus(path)?.isDirectory == true {
      try self.init(folder: path)
    } else if let found = CheckpointLocation.find(path)
      ?? CheckpointLocation.find(CheckpointLocation.prefix(of: path))
    {
      self = found
    } else if Path.name(of: path) == CheckpointState.fileName, FileStatus.exists(path) {
      try self.init(folder: Path.folder(of: path))
    } else {
      throw CheckpointLocation.missing(path)
    }
  }

  private init(folder: String) throws {
    let file = Path.join(folder, CheckpointState.fileName)
    guard FileStatus.exists(file) else {
      throw KernelError(
        .noInput, folder, "a folder without a checkpoint state file",
        hint: CheckpointLocation.suggestion(in: folder))
    }
    let latest = Path.join(folder, try CheckpointState(reading: file).latest)
    if let found = CheckpointLocation.find(latest) {
      self = found
      return
    }
    // A folder that was moved still holds the checkpoint that its absolute path names.
    let moved = Path.join(folder, Path.name(of: latest))
    guard let found = CheckpointLocation.find(moved) else {
      throw KernelError(
        .noInput, file, "names \(latest.printable), which does not exist",
        hint: "ckpt-tool state \(folder) --repair makes it name what is there")
    }
    self = found
  }

  /// The checkpoint with exactly this prefix, if there is one.
  package static func find(_ prefix: String) -> CheckpointLocation? {
    if FileStatus(prefix + ".index")?.isRegular == true { return .bundle(prefix: prefix) }
    if FileStatus(prefix)?.isRegular == true, let file = try? MappedFile(prefix), TableReader.isTable(file.view) {
      return prefix.hasSuffix(".index") ? nil : .v1(prefix: prefix, files: [prefix])
    }
    // A state file names a sharded V1 checkpoint as a pattern: prefix-?????-of-00002.
    let pattern =
      Path.name(of: prefix).contains("?????") ? Path.name(of: prefix) : Path.name(of: prefix) + "-?????-of-?????"
    let glob = Glob(pattern)
    let folder = Path.folder(of: prefix)
    let files = ((try? namesInFolder(folder)) ?? []).filter { glob.matches($0) }.map { Path.join(folder, $0) }
    guard let first = files.first, let file = try? MappedFile(first), TableReader.isTable(file.view) else {
      return nil
    }
    return .v1(prefix: prefix, files: files)
  }

  /// The prefix of a checkpoint's file: the name without `.index`, `.meta` or `.data-00000-of-00001`.
  package static func prefix(of path: String) -> String {
    for suffix in [".index", ".meta"] where path.hasSuffix(suffix) { return String(path.dropLast(suffix.count)) }
    let name = Array(Path.name(of: path).utf8)
    let tail = ".data-00000-of-00000".utf8.count
    guard name.count > tail, Glob("*.data-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9]").matches(name)
    else { return path }
    return String(path.dropLast(tail))
  }

  private static func missing(_ path: String) -> KernelError {
    let isData = prefix(of: path) != path && FileStatus.exists(path)
    let problem = isData ? "there is no index beside it" : "no such checkpoint"
    if isData { return KernelError(.noInput, path, problem, hint: "copy \(prefix(of: path)).index too") }
    if let file = try? MappedFile(path) {
      return KernelError(
        .badData, path, "is not a checkpoint",
        hint: gitPointerHint(file.view) ?? "name the prefix, its .index file, or a folder with a checkpoint file")
    }
    return KernelError(
      .noInput, path, problem, hint: suggestion(in: Path.folder(of: path), near: Path.name(of: path)))
  }

  /// The checkpoint in `folder` that may have been meant.
  private static func suggestion(in folder: String, near name: String = "") -> String? {
    let prefixes = ((try? namesInFolder(folder)) ?? []).filter { $0.hasSuffix(".index") }.map { $0.dropLast(6) }
    let best = prefixes.max { common($0, name) < common($1, name) }
    return best.map { "did you mean \(Path.join(folder, String($0)).printable)?" }
  }

  private static func common(_ a: Substring, _ b: String) -> Int { zip(a.utf8, b.utf8).prefix { $0 == $1 }.count }
}
