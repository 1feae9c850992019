import Bytes
import Glibc
import Graphs
import Tensors

/// Edits graphs as the library does, for scripts that let TensorFlow judge the result:
///
///     graph-probe copy IN OUT
///     graph-probe scope SCOPE IN OUT
///     graph-probe prune IN OUT
///     graph-probe saver IN OUT
///     graph-probe narrow|float16|codebook IN OUT VARIABLE…
///     graph-probe order IN
///     graph-probe variables IN
@main enum Main {
  static func main() {
    do { try run(Array(CommandLine.arguments.dropFirst())) } catch {
      let line = Array("graph-probe: \(error)\n".utf8)
      _ = Glibc.write(2, line, line.count)
      exit(65)
    }
  }

  private static func run(_ arguments: [String]) throws {
    var arguments = arguments[...]
    guard let command = arguments.popFirst() else { throw KernelError(.usage, "", "no command") }
    let scope = command == "scope" ? arguments.popFirst() ?? "" : ""
    guard let input = arguments.popFirst() else { throw KernelError(.usage, "", "no input") }
    var meta = try MetaGraph(reading: input)
    switch command {
    case "order": return try meta.graph.topologicalOrder().forEach { print(meta.graph.nodes[$0].name) }
    case "variables":
      return try meta.variables().forEach { print($0.key, $0.node, $0.type, $0.shape, $0.slice, separator: "\t") }
    case "copy": break
    case "scope": meta = try meta.scoped(under: scope)
    case "prune": try meta.pruneToInference()
    case "saver": try meta.rebuildSaver(for: try meta.variables())
    case "narrow": try meta.narrowVariables(Array(arguments.dropFirst()), to: .half)
    case "float16": try meta.replaceReads(arguments.dropFirst().map { ReadReplacement($0, .narrow(.half)) })
    case "codebook": try meta.replaceReads(arguments.dropFirst().map { ReadReplacement($0, .codebook(256)) })
    default: throw KernelError(.usage, "", "no such command: \(command)")
    }
    guard let output = arguments.first else { throw KernelError(.usage, "", "no output") }
    try meta.write(to: output, existing: .replace)
  }
}
