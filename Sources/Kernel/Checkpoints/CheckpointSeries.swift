import Bytes

/// The checkpoints of one training run, found by the ways that the averaging scripts offer (specs: willow_boliu §4.6).
public enum CheckpointSeries {
  /// `prefix` with each of the comma-separated `items` appended.
  public static func listed(prefix: String, items: String) -> [String] {
    items.split(separator: ",").map { prefix + $0.trimmingBlanks }
  }

  /// The checkpoints that the arguments of a command name, each once.
  ///
  /// A shell makes of `run/model.ckpt-*` each checkpoint's index, data files and graph: they count as one. A pattern
  /// that reached us quoted stands for the checkpoints of its folder that match it, by the number at the end.
  ///
  /// - Throws: ``KernelError`` `.noInput` for a pattern that nothing matches.
  public static func named(_ arguments: [String]) throws -> [String] {
    var named: Set<String> = []
    return try arguments.flatMap { try matches(of: $0) }.filter { path in
      let prefix = CheckpointLocation.prefix(of: path)
      guard prefix != path, FileStatus.exists(prefix + ".index") else {
        named.insert(path)
        return true
      }
      return named.insert(prefix).inserted
    }
  }

  private static func matches(of argument: String) throws -> [String] {
    guard argument.utf8.contains(where: { "*?[".utf8.contains($0) }), !FileStatus.exists(argument),
      CheckpointLocation.find(argument) == nil
    else { return [argument] }
    let folder = Path.folder(of: argument)
    let glob = Glob(Path.name(of: argument))
    let found = try namesInFolder(folder).compactMap { name -> (number: Int, name: String)? in
      let isWhole = name.hasSuffix(".npz") || name.hasSuffix(".safetensors")
      guard isWhole || name.hasSuffix(".index") else { return nil }
      let stem = isWhole ? name : String(name.dropLast(6))
      guard glob.matches(stem) || glob.matches(name) else { return nil }
      let digits = stem.utf8.reversed().prefix { (0x30...0x39).contains($0) }.reversed()
      return (Int(String(decoding: Array(digits), as: UTF8.self)) ?? -1, stem)
    }
    guard !found.isEmpty else { throw KernelError(.noInput, argument, "no checkpoint matches") }
    return found.sorted { ($0.number, $0.name) < ($1.number, $1.name) }.map { Path.join(folder, $0.name) }
  }

  /// The checkpoints whose names begin with `prefix` and whose number lies in `first...last`, by increasing number.
  ///
  /// The number is the only group of digits in the file's name; names with several groups do not count.
  ///
  /// - Throws: ``KernelError`` `.noInput` when there are none, or fewer than two numbers are given.
  public static func between(prefix: String, range: String) throws -> [String] {
    let bounds = range.split(separator: ",").map { Int($0.trimmingBlanks) }
    guard bounds.count == 2, let first = bounds[0], let last = bounds[1], first <= last else {
      throw KernelError(.usage, "", "\(range.printable) is not a range A,B of step numbers")
    }
    let folder = Path.folder(of: prefix)
    let start = Path.name(of: prefix)
    let numbered = try namesInFolder(folder).compactMap { name -> (number: Int, name: String)? in
      guard name.hasPrefix(start), name.hasSuffix(".index") else { return nil }
      let stem = String(name.dropLast(6))
      let groups = stem.split { !($0.isASCII && $0.isNumber) }
      guard groups.count == 1, let number = Int(groups[0]), (first...last).contains(number) else { return nil }
      return (number, stem)
    }
    guard !numbered.isEmpty else {
      throw KernelError(.noInput, prefix, "no checkpoint of a step from \(first) to \(last) begins with this")
    }
    return numbered.sorted { ($0.number, $0.name) < ($1.number, $1.name) }.map { Path.join(folder, $0.name) }
  }

  /// The last `count` checkpoints that the state file in the folder of `prefix` lists.
  ///
  /// - Throws: ``KernelError`` `.noInput` when it lists fewer.
  public static func last(_ count: Int, prefix: String) throws -> [String] {
    let folder = Path.folder(of: prefix)
    let file = Path.join(folder, CheckpointState.fileName)
    let state = try CheckpointState(reading: file)
    guard count > 0, state.all.count >= count else {
      throw KernelError(
        .noInput, file, "lists \(state.all.count) checkpoints, not the \(count) asked for",
        hint: "training may have kept more than it lists: name them, or use --checkpoints-start-end")
    }
    return state.all.suffix(count).map { Path.join(folder, $0) }
  }
}

extension Substring {
  fileprivate var trimmingBlanks: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
