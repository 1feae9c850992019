import Bytes
import Glibc

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
    guard path != "-" else {
      throw KernelError(
        .usage, "", "a checkpoint cannot be read from standard input",
        hint: "it is several files; name their prefix")
    }
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
      try CheckpointLocation.checkAccess(to: folder)
      throw KernelError(
        .noInput, folder, "a folder without a checkpoint state file",
        hint: CheckpointLocation.suggestion(in: folder))
    }
    let latest = Path.join(folder, try CheckpointLocation.state(in: folder).latest)
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

  /// Whether `path` leads to the container at `source`, or to one of the files that share its prefix.
  package static func isFile(_ path: String, of source: String) -> Bool {
    guard let target = FileStatus(path)?.identity else { return false }
    let folder = Path.folder(of: source)
    let name = Path.name(of: source)
    let candidates = ((try? namesInFolder(folder)) ?? []).filter { $0 == name || $0.hasPrefix(name + ".") }
    return candidates.contains { FileStatus(Path.join(folder, $0))?.identity == target }
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

  /// The state file of `folder`, with a hint at the remedy when it is damaged.
  private static func state(in folder: String) throws -> CheckpointState {
    do { return try CheckpointState(reading: Path.join(folder, CheckpointState.fileName)) } catch var error
      as KernelError where error.kind == .badData
    {
      error.hint = "ckpt-tool state \(folder) --repair makes it name what is there"
      throw error
    }
  }

  private static func missing(_ path: String) -> KernelError {
    let isData = prefix(of: path) != path && FileStatus.exists(path)
    if isData {
      return KernelError(
        .noInput, path, "there is no index beside it", hint: "copy \(prefix(of: path)).index too")
    }
    if let file = try? MappedFile(path) {
      return KernelError(.badData, path, "is not a checkpoint", hint: hint(file, path))
    }
    let folder = Path.folder(of: path)
    do { try checkAccess(to: folder) } catch { return error }
    return KernelError(
      .noInput, path, "no such checkpoint", hint: suggestion(in: folder, near: Path.name(of: path)))
  }

  /// What a file that is no checkpoint may be.
  private static func hint(_ file: MappedFile, _ path: String) -> String {
    if let hint = gitPointerHint(file.view) { return hint }
    if [".tgz", ".tar", ".tar.gz"].contains(where: path.hasSuffix) {
      return "this is an archive: ckpt-tool inspect lists it, ckpt-tool unpack unpacks it"
    }
    return "name the prefix, its .index file, or a folder with a checkpoint file"
  }

  /// Nothing can be seen in a folder that may not be searched, which is not the same as nothing being there.
  private static func checkAccess(to folder: String) throws(KernelError) {
    guard FileStatus(folder)?.isDirectory ?? true, access(folder, X_OK) != 0, errno == EACCES else { return }
    throw SystemError().reading(folder)
  }

  /// The checkpoint in `folder` that may have been meant.
  private static func suggestion(in folder: String, near name: String = "") -> String? {
    let prefixes = ((try? namesInFolder(folder)) ?? []).filter {
      $0.hasSuffix(".index") && FileStatus(Path.join(folder, $0))?.isRegular == true
    }.map { String($0.dropLast(6)) }
    let best = prefixes.max { common($0, name) < common($1, name) }
    // A single one, or one that begins like the name: anything else is no help.
    if let best, prefixes.count == 1 || 2 * common(best, name) >= name.utf8.count {
      return "did you mean \(Path.join(folder, best).printable)?"
    }
    let saved = Path.join(folder, "variables/variables")
    return name.isEmpty && find(saved) != nil ? "the variables of a SavedModel are \(saved.printable)" : nil
  }

  private static func common(_ a: String, _ b: String) -> Int { zip(a.utf8, b.utf8).prefix { $0 == $1 }.count }
}
