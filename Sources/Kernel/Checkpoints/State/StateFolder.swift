import Bytes

/// A folder of checkpoints and what its state file says of them.
public struct StateFolder: Sendable {
  public let folder: String
  private let file: String

  /// A checkpoint that the state file names.
  public struct Listing: Equatable, Sendable {
    public let path: String
    public let isLatest: Bool
    /// Why it cannot be used; `nil` when it can.
    public let problem: String?
  }

  /// - Parameter path: a folder, or the state file in it.
  /// - Throws: ``KernelError`` `.noInput` when it is neither.
  public init(_ path: String) throws {
    let isFile = Path.name(of: path) == CheckpointState.fileName && FileStatus(path)?.isRegular == true
    let folder = isFile ? Path.folder(of: path) : path
    guard FileStatus(folder)?.isDirectory == true else { throw KernelError(.noInput, folder, "is not a folder") }
    self.folder = folder
    file = Path.join(folder, CheckpointState.fileName)
  }

  /// The checkpoints that the state file names, and whether they exist.
  ///
  /// - Throws: ``KernelError`` when there is no state file, or it is damaged.
  public func report() throws -> [Listing] {
    let state: CheckpointState
    do { state = try CheckpointState(reading: file) } catch var error as KernelError {
      if error.kind == .badData || (try? newest()) != nil {
        error.hint = "ckpt-tool state \(folder) --repair makes it name what is there"
      }
      throw error
    }
    let all = state.all.contains(state.latest) ? state.all : state.all + [state.latest]
    return all.map { Listing(path: $0, isLatest: $0 == state.latest, problem: problem(of: $0)) }
  }

  private func problem(of path: String) -> String? {
    if CheckpointLocation.find(Path.join(folder, path)) != nil { return nil }
    if Path.isAbsolute(path), CheckpointLocation.find(Path.join(folder, Path.name(of: path))) != nil {
      return "is not there any more, but \(Path.name(of: path)) is in this folder"
    }
    return "does not exist"
  }

  /// The state with `name`, a checkpoint of the folder, as the latest; the others stay listed.
  public func setting(latest name: String) throws -> CheckpointState {
    let prefix = CheckpointLocation.prefix(of: name)
    guard CheckpointLocation.find(Path.join(folder, prefix)) != nil else {
      throw KernelError(
        .noInput, folder, "holds no checkpoint \(name.printable)", hint: "name it as seen from the folder")
    }
    let old = try? CheckpointState(reading: file)
    let kept = (old?.all ?? []).filter { $0 != prefix }
    return CheckpointState(latest: prefix, all: kept + [prefix])
  }

  /// A state that is true: relative names of checkpoints that exist, the listed ones first in their order, the latest
  /// as it was if it exists, else the newest file.
  ///
  /// - Returns: the state, and what was changed in words.
  /// - Throws: ``KernelError`` `.noInput` when the folder holds no checkpoint.
  public func repaired() throws -> (state: CheckpointState, changes: [String]) {
    let old = FileStatus.exists(file) ? try? CheckpointState(reading: file) : nil
    var changes: [String] = old == nil ? ["\(file) was \(FileStatus.exists(file) ? "unreadable" : "missing")"] : []
    var kept: [String] = []
    for path in old?.all ?? [] {
      let name = relative(path)
      guard CheckpointLocation.find(Path.join(folder, name)) != nil else {
        changes.append("\(path) does not exist and is dropped")
        continue
      }
      if name != path { changes.append("\(path) becomes \(name)") }
      if !kept.contains(name) { kept.append(name) }
    }
    var latest = old.map { relative($0.latest) }
    if latest.map({ CheckpointLocation.find(Path.join(folder, $0)) == nil }) ?? true {
      if old == nil { kept = try namedByAge() }
      latest = try kept.last ?? newest()
      changes.append("the latest checkpoint is now \(latest ?? "")")
    }
    let state = CheckpointState(latest: latest ?? "", all: kept)
    if changes.isEmpty, let old, old.all == state.all, old.latest == state.latest { return (old, []) }
    return (state, changes)
  }

  /// `path` as seen from the folder: a name that is in it, wherever the path says it was.
  private func relative(_ path: String) -> String {
    if CheckpointLocation.find(Path.join(folder, path)) != nil, !Path.isAbsolute(path) { return path }
    let name = Path.name(of: path)
    return CheckpointLocation.find(Path.join(folder, name)) != nil ? name : path
  }

  private func newest() throws -> String {
    guard let newest = try namedByAge().last else { throw KernelError(.noInput, folder, "holds no checkpoints") }
    return newest
  }

  /// The folder's checkpoints, oldest first; those of one second by the number that ends their names.
  private func namedByAge() throws -> [String] {
    let indexes = try namesInFolder(folder).filter { $0.hasSuffix(".index") }
    let dated = indexes.map { index -> (modified: Int, number: Int, name: String) in
      let name = String(index.dropLast(6))
      let digits = name.utf8.reversed().prefix { (0x30...0x39).contains($0) }.reversed()
      let number = Int(String(decoding: Array(digits), as: UTF8.self)) ?? -1
      return (FileStatus(Path.join(folder, index))?.modified ?? 0, number, name)
    }
    return dated.sorted { $0 < $1 }.map(\.name)
  }
}
