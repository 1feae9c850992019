import Graphs

/// Which updates of variables wait for whom.
///
/// TensorFlow leaves open whether a node sees a variable before or after an update in the same run when no edge
/// says it. Here an update waits for everything that reads the variable, or takes a value that was read of it, and
/// does not depend on the update: so the answer is always the same, and the update finds the variable's memory
/// unused. Where two updates would have to wait for each other, the first in the graph's order goes ahead.
struct UpdateOrder {
  /// For each unit, the updates that wait for it.
  private var held: [Int: [Int]] = [:]
  /// How many units each update waits for; only those that have not run.
  private var readers: [Int: Int] = [:]

  /// - Parameter consumers: of each unit, the numbers of those that need it.
  init(_ graph: Graph, _ units: [FrameUnit], _ consumers: [[Int]]) {
    func node(_ unit: Int) -> Node? {
      if case .node(let position) = units[unit] { graph.nodes[position] } else { nil }
    }
    let numbers = Dictionary(
      uniqueKeysWithValues: units.indices.compactMap { unit in node(unit).map { ($0.name, unit) } })
    for update in units.indices {
      guard let own = node(update), Operator.updates.contains(own.op) else { continue }
      var waitsFor: Set<Int> = []
      // All variables that it changes: an optimizer's slots, too.
      for input in own.dataInputs.prefix(Operator.references(own.op)) {
        guard let variable = UpdateOrder.variable(input, graph).flatMap({ numbers[$0] }) else { continue }
        var pending = consumers[variable].filter { reader in
          node(reader).map { UpdateOrder.reads($0, units[variable], graph) } ?? true
        }
        while let reader = pending.popLast() {
          guard waitsFor.insert(reader).inserted, let node = node(reader), UpdateOrder.handsOn.contains(node.op)
          else {
            continue
          }
          pending += consumers[reader]
        }
      }
      guard !waitsFor.isEmpty else { continue }
      waitsFor.subtract(UpdateOrder.descendants(of: update, consumers))
      guard !waitsFor.isEmpty else { continue }
      readers[update] = waitsFor.count
      for reader in waitsFor { held[reader, default: []].append(update) }
    }
  }

  /// Operators whose output is a variable's value in the variable's own memory.
  static let handsOn: Set<String> = [
    "Identity", "ReadVariableOp", "StopGradient", "Snapshot", "Reshape", "ExpandDims", "Squeeze",
    Operator.weightGradient,
  ]

  /// The variable that a reference stands for: its own node, or what an earlier update hands on.
  private static func variable(_ endpoint: Endpoint, _ graph: Graph) -> String? {
    var name = endpoint.node
    for _ in 0..<64 {
      guard let node = graph[name] else { return nil }
      if node.isVariable { return name }
      guard Operator.updates.contains(node.op) || node.op == "Identity", let source = node.dataInputs.first else {
        return nil
      }
      name = source.node
    }
    return nil
  }

  /// Whether a node takes the variable's value, and does not only change it.
  private static func reads(_ node: Node, _ variable: FrameUnit, _ graph: Graph) -> Bool {
    guard Operator.updates.contains(node.op), case .node(let position) = variable else { return true }
    let name = graph.nodes[position].name
    return node.dataInputs.dropFirst(Operator.references(node.op)).contains { $0.node == name }
  }

  private static func descendants(of unit: Int, _ consumers: [[Int]]) -> Set<Int> {
    var seen: Set<Int> = [unit]
    var waiting = [unit]
    while let next = waiting.popLast() {
      for consumer in consumers[next] where seen.insert(consumer).inserted { waiting.append(consumer) }
    }
    return seen
  }

  /// Whether readers of what the unit changes have not run.
  func mustWait(_ unit: Int) -> Bool { readers[unit] != nil }

  /// The updates that wait for nobody any more when `unit` has run, in the order of the graph.
  mutating func finish(_ unit: Int) -> [Int] {
    guard let waiting = held.removeValue(forKey: unit) else { return [] }
    return waiting.filter { update in
      guard let left = readers[update] else { return false }
      readers[update] = left > 1 ? left - 1 : nil
      return left == 1
    }
  }

  /// The first update that only waits for readers, when nothing else can go on; it waits no longer.
  mutating func firstHeldBack(where isReady: (Int) -> Bool) -> Int? {
    guard let update = readers.keys.filter(isReady).min() else { return nil }
    readers[update] = nil
    return update
  }
}
