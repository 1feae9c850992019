import Bytes
import Graphs

/// What is done as one thing in a frame: a node, or a whole loop.
enum FrameUnit: Hashable {
  /// The position of a node in the graph.
  case node(Int)
  /// The number of the loop's frame.
  case loop(Int)
}

extension Planner {
  /// The units of a frame, each after those that it needs; a loop needs what enters it, and what it yields is there
  /// when all of it has run. Updates of variables wait for their readers (``UpdateOrder``).
  ///
  /// - Throws: ``KernelError`` `.badData` when a loop needs, around the outside, what only it yields.
  func sorted(_ units: [FrameUnit], in frame: Int) throws -> [FrameUnit] {
    let numbers = Dictionary(uniqueKeysWithValues: units.enumerated().map { ($1, $0) })
    var consumers = Array(repeating: [Int](), count: units.count)
    var waiting = Array(repeating: 0, count: units.count)
    for position in users(in: frame) {
      let node = graph.nodes[position]
      let home = frames.frameOfNode[position]
      guard let user = numbers[ControlFlow.isEnter(node) && home != frame ? .loop(home) : .node(position)] else {
        continue
      }
      for input in node.inputs {
        guard let source = graph.position(of: input.node) else { continue }
        let sourceNode = graph.nodes[source]
        if ControlFlow.isMerge(node), ControlFlow.isNextIteration(sourceNode) { continue }
        let sourceHome = frames.frameOfNode[source]
        let unit: FrameUnit =
          sourceHome == frame && !ControlFlow.isExit(sourceNode) ? .node(source) : .loop(sourceHome)
        guard let producer = numbers[unit], producer != user else { continue }
        consumers[producer].append(user)
        waiting[user] += 1
      }
    }
    var updates = UpdateOrder(graph, units, consumers)
    var ready = units.indices.filter { waiting[$0] == 0 && !updates.mustWait($0) }
    var result: [FrameUnit] = []
    var next = 0
    while true {
      if next == ready.count {
        guard let update = updates.firstHeldBack(where: { waiting[$0] == 0 }) else { break }
        ready.append(update)
      }
      let unit = ready[next]
      next += 1
      result.append(units[unit])
      for update in updates.finish(unit) where waiting[update] == 0 { ready.append(update) }
      for consumer in consumers[unit] {
        waiting[consumer] -= 1
        if waiting[consumer] == 0, !updates.mustWait(consumer) { ready.append(consumer) }
      }
    }
    guard result.count == units.count else {
      let stuck = units.indices.first { waiting[$0] > 0 }.map { units[$0] }
      switch stuck {
      case .node(let position)?: throw graph.nodes[position].error("its inputs depend on itself")
      case .loop(let number)?: throw loopError(number, "what enters it depends on what it yields")
      case nil: return result
      }
    }
    return result
  }

  /// The nodes that take their inputs in a frame: its own, but `Enter` takes them outside of its loop.
  private func users(in frame: Int) -> [Int] {
    members[frame].filter { !ControlFlow.isEnter(graph.nodes[$0]) }
      + children[frame].flatMap { members[$0].filter { ControlFlow.isEnter(graph.nodes[$0]) } }
  }

  /// A complaint about a loop, at one of its nodes.
  func loopError(_ frame: Int, _ problem: String) -> any Error {
    let node = members[frame].first.map { graph.nodes[$0] }
    return (node ?? Node("", "")).error("the loop \(frames.frames[frame].name.printable): \(problem)")
  }
}
