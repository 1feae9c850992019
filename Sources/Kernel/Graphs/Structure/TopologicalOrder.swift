import Bytes

extension Graph {
  /// Positions of all nodes so that each comes after its inputs; among those that may come next, the first in the
  /// graph does.
  ///
  /// A loop is allowed where TensorFlow allows it: through a `NextIteration` into a `Merge`.
  ///
  /// - Throws: ``KernelError`` `.badData` at a node on any other loop, or at one with an input from nowhere.
  public func topologicalOrder() throws -> [Int] {
    try checkInputs()
    let consumers = consumers()
    var waiting = nodes.map { node in node.inputs.count { !isBackEdge(from: $0, to: node) } }
    var order: [Int] = []
    order.reserveCapacity(nodes.count)
    var ready = PositionHeap()
    for position in nodes.indices where waiting[position] == 0 { ready.insert(position) }
    while let position = ready.popFirst() {
      order.append(position)
      for use in consumers.uses(of: position) {
        let consumer = nodes[use.node]
        if isBackEdge(from: consumer.inputs[use.input], to: consumer) { continue }
        waiting[use.node] -= 1
        if waiting[use.node] == 0 { ready.insert(use.node) }
      }
    }
    guard order.count == nodes.count else { throw onCycle(waiting).error("its inputs depend on itself") }
    return order
  }

  private func isBackEdge(from input: NodeInput, to node: Node) -> Bool {
    guard node.op == "Merge" || node.op == "RefMerge", let source = input.endpoint.flatMap({ self[$0.node] }) else {
      return false
    }
    return source.op == "NextIteration" || source.op == "RefNextIteration"
  }

  /// A node on a cycle, given how many inputs each node still waits for.
  private func onCycle(_ waiting: [Int]) -> Node {
    // Walking backwards among nodes that wait never ends, so it meets a node twice.
    var position = waiting.firstIndex { $0 > 0 } ?? 0
    var seen: Set<Int> = []
    while seen.insert(position).inserted {
      let sources = nodes[position].inputs.filter { !isBackEdge(from: $0, to: nodes[position]) }
      guard let next = sources.lazy.compactMap({ self.position(of: $0.node) }).first(where: { waiting[$0] > 0 })
      else { break }
      position = next
    }
    return nodes[position]
  }
}

/// Positions, of which the least comes out first.
private struct PositionHeap {
  private var items: [Int] = []

  mutating func insert(_ item: Int) {
    items.append(item)
    var child = items.count - 1
    while child > 0, items[child] < items[(child - 1) / 2] {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popFirst() -> Int? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    guard !items.isEmpty else { return first }
    items[0] = last
    var parent = 0
    while true {
      let children = (2 * parent + 1)..<min(2 * parent + 3, max(items.count, 2 * parent + 1))
      guard let least = children.min(by: { items[$0] < items[$1] }), items[least] < items[parent] else { break }
      items.swapAt(least, parent)
      parent = least
    }
    return first
  }
}
