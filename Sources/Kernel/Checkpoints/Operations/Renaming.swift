import Bytes

/// Rules that give tensors new names.
public struct Renaming: Sendable {
  private enum Rule: Sendable {
    case table([TensorName: TensorName])
    case substitution(Substitution)
  }

  private let rules: [Rule]

  /// `s/pattern/replacement/` expressions, applied one after another.
  ///
  /// - Throws: ``KernelError`` `.usage` with what is wrong in the expression.
  public init(substitutions: [String]) throws {
    rules = try substitutions.map { .substitution(try Substitution($0)) }
  }

  /// The lines `old new` of the file at `path`.
  ///
  /// - Throws: ``KernelError`` naming the line.
  public init(mapFile path: String) throws { try self.init(map: MappedFile(path).view.array, path: path) }

  /// Lines `old new`, separated by a TAB or else by spaces; `#` begins a comment line.
  ///
  /// - Parameter path: where they come from, for messages.
  public init(map text: [UInt8], path: String) throws {
    guard String(validating: text, as: UTF8.self) != nil else {
      throw KernelError(.badData, path, "is not valid UTF-8")
    }
    var table: [TensorName: TensorName] = [:]
    // Bytes, not characters: to Swift, CR LF is one character that no split at LF finds.
    for (number, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      let parts = line.split(separator: line.contains(UInt8(ascii: "\t")) ? UInt8(ascii: "\t") : UInt8(ascii: " "))
      guard !parts.isEmpty, line.first != UInt8(ascii: "#") else { continue }
      guard parts.count == 2 else {
        throw KernelError(
          .badData, path, at: .line(number + 1), "expected an old and a new name, found \(parts.count) words",
          hint: "separate names that contain spaces by a TAB")
      }
      let old = TensorName(utf8: Array(parts[0]))
      guard table.updateValue(TensorName(utf8: Array(parts[1])), forKey: old) == nil else {
        throw KernelError(.badData, path, at: .line(number + 1), "\(old) is renamed twice")
      }
    }
    rules = [.table(table)]
  }

  /// The new name of `name`, which may be the old one.
  public func callAsFunction(_ name: TensorName) -> TensorName {
    rules.reduce(name) { name, rule in
      switch rule {
      case .table(let table): table[name] ?? name
      case .substitution(let substitution): TensorName(utf8: substitution(name.utf8))
      }
    }
  }

  /// Names of a map file that no tensor of `source` has: most likely misspelt.
  public func unused(in source: any TensorSource) -> [TensorName] {
    rules.flatMap { rule -> [TensorName] in
      guard case .table(let table) = rule else { return [] }
      return table.keys.filter { source.index(of: $0) == nil }.sorted()
    }
  }

  /// `source` under the new names, in the same layout. A TF2 object graph is brought up to date.
  ///
  /// - Throws: ``KernelError`` `.usage` when two tensors would get the same name, or one an empty name.
  public func plan(_ source: any TensorSource) throws -> OutputPlan {
    var oldNames: [TensorName: TensorName] = [:]
    let planned = try source.tensors.indices.map { index -> PlannedTensor in
      var tensor = PlannedTensor(copying: TensorRef(source, index))
      let old = tensor.info.name
      let new = old == ObjectGraph.key ? old : self(old)
      guard !new.utf8.isEmpty, !new.utf8.contains(0) else {
        throw KernelError(
          .usage, source.path, at: .tensor(old.description), "its new name would be empty or contain NUL")
      }
      if let other = oldNames.updateValue(old, forKey: new) {
        throw KernelError(
          .usage, source.path, at: .tensor(old.description), "would be called \(new), as \(other) would be too",
          hint: "make the new names different, or drop one of the tensors first")
      }
      tensor.info.name = new
      if old == ObjectGraph.key { try updateGraph(&tensor, source, index) }
      return tensor
    }
    return try OutputPlan(planned, shardCount: OutputPlan.shardCount(of: source))
  }

  private func updateGraph(_ tensor: inout PlannedTensor, _ source: any TensorSource, _ index: Int) throws {
    guard source.tensors.contains(where: { self($0.name) != $0.name && $0.name != ObjectGraph.key }) else { return }
    let graph = try ObjectGraph.edited(try source.checkedContents(of: index).bytes, path: source.path) { self($0) }
    tensor.content = .bytes(graph)
    tensor.info.byteCount = graph.count
  }
}
