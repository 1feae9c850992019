import ArgumentParser
import Bytes
import Checkpoints
import Execution
import Graphs
import Terminal

/// `ckpt-tool graph`
struct ShowGraph: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph", abstract: "Show a graph: inputs, outputs, collections, operators, parameters.",
    discussion: """
      Reads the .meta file beside a checkpoint, or the saved_model.pb of a SavedModel. Parameters are those of the \
      variables that the graph saves, by the first parts of their names. Outputs are what the collection predictions \
      and signatures name.
      """)

  @Argument(help: "The checkpoint, its .meta file, or the folder of a SavedModel.", completion: .file())
  var checkpoint: String

  @Option(help: ArgumentHelp("Sum parameters up by this many parts of their names.", valueName: "count"))
  var depth = 2

  @Flag(help: "Write what the outputs need as a drawing for Graphviz.") var dot = false
  @Flag(help: "List the operators that the outputs need and that cannot be run here; exit 1 if there are any.")
  var missing = false
  @OptionGroup var json: JSONFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if dot && json.json { throw ValidationError("--dot and --json exclude each other") }
    if dot && missing { throw ValidationError("--dot and --missing exclude each other") }
    if depth < 0 { throw ValidationError("--depth must not be negative") }
  }

  func run() throws {
    let path = try graphPath(of: checkpoint)
    quiet.diagnostics.detail("reading \(path)")
    let meta = try MetaGraph(reading: path)
    do {
      if dot { return try meta.writeDot { try StandardOutput.shared.line($0) } }
      if missing { return try list(try MissingOperator.all(in: meta)) }
      let summary = try GraphSummary(meta, depth: depth)
      if json.json { try writeJSON(path, meta, summary) } else { try writeTables(meta, summary) }
    } catch var error as KernelError where error.source.isEmpty {
      error.source = path
      throw error
    }
  }

  private func list(_ missing: [MissingOperator]) throws {
    if json.json {
      let writer = JSONWriter(StandardOutput.shared)
      try writer.array {
        for item in missing {
          try writer.object(inline: true) {
            try writer.member("operator", item.name)
            try writer.member("nodes", item.nodes)
          }
        }
      }
    } else if missing.isEmpty {
      try StandardOutput.shared.line("all operators that the outputs need can be run")
    } else {
      var table = Table([
        .init("operator", isFlexible: true), .init("nodes", .right), .init("first", isFlexible: true),
      ])
      for item in missing { table.append([item.name, "\(item.nodes.count)", item.nodes.first ?? ""]) }
      try table.write()
    }
    if !missing.isEmpty { throw ExitStatus.no }
  }

  private func writeTables(_ meta: MetaGraph, _ summary: GraphSummary) throws {
    let output = StandardOutput.shared
    let version = summary.tensorflowVersion.isEmpty ? "" : ", TensorFlow \(summary.tensorflowVersion.printable)"
    try output.line("\(counted(summary.nodeCount, "node"))\(version)")
    for (title, ports) in [("input", summary.inputs), ("output", summary.outputs)] where !ports.isEmpty {
      try output.line()
      var table = Table([
        .init(title, isFlexible: true), .init("dtype"), .init("shape"), .init("named by", isFlexible: true),
      ])
      for port in ports {
        table.append([
          port.tensor, port.type?.description ?? "-", port.shape?.description ?? "-",
          port.roles.joined(separator: " "),
        ])
      }
      try table.write()
    }
    var collections = Table([.init("collection", isFlexible: true), .init("entries", .right), .init("kind")])
    for entry in meta.collections.entries.sorted(by: { $0.name < $1.name }) {
      let contents = ShowGraph.contents(entry.value)
      collections.append([entry.name, "\(contents.count)", contents.kind])
    }
    if !meta.collections.isEmpty {
      try output.line()
      try collections.write()
    }
    var operators = Table([.init("operator", isFlexible: true), .init("nodes", .right)])
    for item in summary.operators { operators.append([item.name, "\(item.count)"]) }
    try output.line()
    try operators.write()
    try writeScopes(summary.scopes)
  }

  private func writeScopes(_ scopes: [GraphSummary.Scope]) throws {
    guard !scopes.isEmpty else { return }
    var table = Table([
      .init("scope", isFlexible: true), .init("variables", .right), .init("parameters", .right),
      .init("bytes", .right),
    ])
    for scope in scopes {
      let name = scope.name.isEmpty ? "(none)" : scope.name
      table.append([name, "\(scope.variableCount)", "\(scope.parameterCount)", "\(scope.byteCount)"])
    }
    try StandardOutput.shared.line()
    try table.write()
    let variables = scopes.lazy.map(\.variableCount).saturatedSum
    let parameters = scopes.lazy.map(\.parameterCount).saturatedSum
    try StandardOutput.shared.line(
      "\(counted(variables, "variable")), \(counted(parameters, "parameter")), "
        + "\(counted(scopes.lazy.map(\.byteCount).saturatedSum, "byte"))")
  }

  /// How many entries a collection has, and of which kind.
  private static func contents(_ collection: Collection) -> (count: Int, kind: String) {
    switch collection {
    case .names(let names): (names.count, "names")
    case .bytes(let items): (items.count, "messages")
    case .ints(let numbers): (numbers.count, "integers")
    case .floats(let numbers): (numbers.count, "floats")
    case .any: (1, "any")
    case .none: (0, "nothing")
    }
  }

  private func writeJSON(_ path: String, _ meta: MetaGraph, _ summary: GraphSummary) throws {
    let json = JSONWriter(StandardOutput.shared)
    try json.object {
      try json.member("path", path)
      try json.member("nodes", summary.nodeCount)
      try json.member("tensorflow", summary.tensorflowVersion)
      for (title, ports) in [("inputs", summary.inputs), ("outputs", summary.outputs)] {
        try json.array(title) {
          for port in ports {
            try json.object(inline: true) {
              try json.member("tensor", port.tensor)
              try json.member("dtype", port.type?.description)
              try json.member("shape", port.shape?.description)
              try json.member("named_by", port.roles)
            }
          }
        }
      }
      try json.array("collections") {
        for entry in meta.collections.entries.sorted(by: { $0.name < $1.name }) {
          try json.object(inline: true) {
            let contents = ShowGraph.contents(entry.value)
            try json.member("name", entry.name)
            try json.member("entries", contents.count)
            try json.member("kind", contents.kind)
            if case .names(let names) = entry.value { try json.member("names", names) }
          }
        }
      }
      try json.object("operators") {
        for item in summary.operators { try json.member(item.name, item.count) }
      }
      try json.array("scopes") {
        for scope in summary.scopes {
          try json.object(inline: true) {
            try json.member("scope", scope.name)
            try json.member("variables", scope.variableCount)
            try json.member("parameters", scope.parameterCount)
            try json.member("bytes", scope.byteCount)
          }
        }
      }
    }
  }
}

/// The file that holds the graph of what `path` names.
///
/// - Throws: ``KernelError`` `.noInput` when there is none.
private func graphPath(of path: String) throws -> String {
  let saved = Path.join(path, "saved_model.pb")
  if FileStatus.exists(saved) { return saved }
  if path.hasSuffix(".meta") || path.hasSuffix(".pb") || FileStatus.exists(path + ".meta") {
    return path.hasSuffix(".meta") || path.hasSuffix(".pb") ? path : path + ".meta"
  }
  let prefix: String
  switch try CheckpointLocation(path) {
  case .bundle(let found), .v1(let found, _): prefix = found
  case .safetensors(let file), .npz(let file): throw KernelError(.noInput, file, "has no graph")
  }
  guard FileStatus.exists(prefix + ".meta") else {
    throw KernelError(
      .noInput, prefix + ".meta", "no such file", hint: "copy the checkpoint's .meta file too")
  }
  return prefix + ".meta"
}
