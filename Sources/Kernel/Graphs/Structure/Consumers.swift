import Bytes

/// Who takes what: for each node of a graph, the inputs that come from it.
///
/// It describes the graph it was made from; edits make it stale. Memory: 16 bytes a node and 16 an input.
public struct Consumers: Sendable {
  /// One input of one node.
  public struct Use: Hashable, Sendable {
    /// Where the consumer is among the graph's nodes.
    public let node: Int
    /// Which of its inputs it is.
    public let input: Int
  }

  private var starts: [Int]
  private var uses: [Use]
  private let graph: Graph

  fileprivate init(_ graph: Graph) {
    self.graph = graph
    starts = Array(repeating: 0, count: graph.nodes.count + 1)
    var sources: [(Int, Use)] = []
    for (position, node) in graph.nodes.enumerated() {
      for (number, input) in node.inputs.enumerated() {
        guard let source = graph.position(of: input.node) else { continue }
        sources.append((source, Use(node: position, input: number)))
        starts[source + 1] += 1
      }
    }
    for position in graph.nodes.indices { starts[position + 1] += starts[position] }
    uses = Array(repeating: Use(node: 0, input: 0), count: sources.count)
    var next = starts
    for (source, use) in sources {
      uses[next[source]] = use
      next[source] += 1
    }
  }

  /// The inputs that come from the node at `position`, in the order of the graph.
  public func uses(of position: Int) -> ArraySlice<Use> { uses[starts[position]..<starts[position + 1]] }

  /// The nodes that take something from the node `name`, data or control, each once.
  public func nodes(using name: String) -> [Node] {
    guard let position = graph.position(of: name) else { return [] }
    var seen: Set<Int> = []
    return uses(of: position).filter { seen.insert($0.node).inserted }.map { graph.nodes[$0.node] }
  }
}

extension Graph {
  /// Who takes what.
  public func consumers() -> Consumers { Consumers(self) }

  /// Checks that each input comes from a node of the graph and that control inputs follow data inputs.
  ///
  /// - Throws: ``KernelError`` `.badData` at the first node where that is not so.
  public func checkInputs() throws {
    for node in nodes {
      var hasControl = false
      for input in node.inputs {
        guard contains(input.node) else {
          throw node.error("its input \(input.description.printable) comes from no node of the graph")
        }
        if input.endpoint == nil {
          hasControl = true
        } else if hasControl {
          throw node.error("its input \(input.description.printable) follows a control input")
        }
      }
    }
  }
}
