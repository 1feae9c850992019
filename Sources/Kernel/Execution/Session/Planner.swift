import Bytes
import Graphs
import Tensors

/// Makes a ``Plan`` of a graph.
struct Planner {
  /// The nodes that are needed, those that are fed without their inputs.
  let graph: Graph
  let frames: FrameAssignment
  let fed: Set<String>
  /// The outputs that are used, and how many each node has of them at least.
  private var used: Set<Endpoint> = []
  private var outputCounts: [String: Int] = [:]
  /// The nodes that others wait for.
  private var waitedFor: Set<String> = []
  /// The nodes of each frame, in the order of the graph, and the loops right inside it.
  private(set) var members: [[Int]]
  private(set) var children: [[Int]]

  /// - Throws: ``KernelError`` `.badData` when the graph cannot be run: a cycle, an input from nowhere, operators
  /// that are not supported (all of them are named), a placeholder that is not fed.
  static func plan(
    _ graph: Graph, fetching fetches: [Endpoint], feeding feeds: [Endpoint], targets: [String]
  ) throws -> Plan {
    for feed in feeds { _ = try graph.node(feed.node, for: "a feed") }
    let planner = try Planner(graph, fetches, feeds, targets)
    try planner.check(feeds)
    let kept = planner.fed.union(fetches.map(\.node)).union(targets)
    let fused = try Fusion.fused(planner.graph, keeping: kept)
    return try Planner(fused, fetches, feeds, targets).plan(fetches, feeds)
  }

  private init(_ whole: Graph, _ fetches: [Endpoint], _ feeds: [Endpoint], _ targets: [String]) throws {
    let fed = Set(feeds.map(\.node))
    let needed = try whole.ancestors(of: fetches.map(\.node) + targets, feeding: fed)
    graph = try Graph(
      whole.nodes.filter { needed.contains($0.name) }.map { node in
        fed.contains(node.name) ? Node(node.name, "Placeholder") : node
      })
    self.fed = fed
    let order = try graph.topologicalOrder()
    frames = try FrameAssignment(graph, order: order)
    members = Array(repeating: [], count: frames.frames.count)
    for position in order { members[frames.frameOfNode[position]].append(position) }
    children = Array(repeating: [], count: frames.frames.count)
    for frame in frames.frames.indices.dropFirst() { children[frames.frames[frame].parent].append(frame) }
    for endpoint in graph.nodes.flatMap(\.dataInputs) + fetches {
      used.insert(endpoint)
      outputCounts[endpoint.node] = max(outputCounts[endpoint.node] ?? 0, endpoint.output + 1)
    }
    for node in graph.nodes {
      for case .control(let name) in node.inputs where !fed.contains(name) { waitedFor.insert(name) }
    }
  }

  private func check(_ feeds: [Endpoint]) throws {
    let given = Set(feeds)
    if let endpoint = used.sorted(by: { $0.tensorName < $1.tensorName })
      .first(where: { fed.contains($0.node) && !given.contains($0) })
    {
      throw KernelError(
        .badData, "", at: .node(endpoint.node), "its output \(endpoint.output) is needed but only others are fed")
    }
    var missing: [String: [String]] = [:]
    for node in graph.nodes where !fed.contains(node.name) {
      if node.op == "Placeholder" {
        throw node.error("is a placeholder that is not fed", hint: "a value must be given for it")
      }
      if !Operator.canRun(node.op) { missing[node.op, default: []].append(node.name) }
    }
    guard !missing.isEmpty else { return }
    throw KernelError(
      .badData, "",
      "the graph needs operators that are not supported: "
        + Operator.description(ofMissing: missing.mapValues { $0.sorted() }))
  }

  private func plan(_ fetches: [Endpoint], _ feeds: [Endpoint]) throws -> Plan {
    for endpoint in fetches {
      guard let position = graph.position(of: endpoint.node),
        frames.outputFrame(of: position, graph.nodes[position]) == 0
      else {
        throw KernelError(
          .badData, "", at: .node(endpoint.node), "is inside a loop: there is no one value to fetch")
      }
    }
    var slots = FrameSlots()
    let steps = try steps(of: 0, &slots)
    let fetched = fetches.map { Plan.Place(slot: slots.slot($0), endpoint: $0) }
    let given = feeds.map { Plan.Place(slot: slots.slot($0), endpoint: $0) }
    let changesVariables = graph.nodes.contains { Operator.updates.contains($0.op) }
    var split = AheadOfTime(steps, readsVariables: !changesVariables)
    let kept = split.kept(for: fetched.map(\.slot))
    split.ahead.markLastUses(keeping: Set(kept))
    split.rest.markLastUses(keeping: Set(kept + fetched.map(\.slot)))
    return Plan(
      main: FramePlan(steps: split.rest, slotCount: slots.slotCount, flagCount: slots.flagCount),
      ahead: split.ahead, kept: kept, feeds: given, fetches: fetched, changesVariables: changesVariables)
  }

  /// The steps of a frame, loops inside it among them, each after what it needs.
  func steps(of frame: Int, _ slots: inout FrameSlots) throws -> [Step] {
    let units = members[frame].map(FrameUnit.node) + children[frame].map(FrameUnit.loop)
    return try sorted(units, in: frame).compactMap { unit in
      switch unit {
      case .node(let position): try step(graph.nodes[position], &slots)
      case .loop(let child): try loop(child, members[child].map { graph.nodes[$0] }, &slots)
      }
    }
  }

  private func step(_ node: Node, _ slots: inout FrameSlots) throws -> Step? {
    // What begins and ends a round is the loop's own work.
    if ControlFlow.isEnter(node) || ControlFlow.isNextIteration(node) || ControlFlow.isExit(node) { return nil }
    if isLoopMerge(node) || fed.contains(node.name) { return nil }
    let work: Step.Work
    if ControlFlow.isSwitch(node) {
      try node.expectInputs(2)
      work = .branch
    } else if ControlFlow.isMerge(node) {
      work = .merge
    } else if node.op == "LoopCond" {
      try node.expectInputs(1)
      work = .pass
    } else {
      guard let known = Operator.named(node.op) else { throw node.error("\(node.op.printable) is not supported") }
      work = .operation(
        BoundOperation(run: try known.prepare(node)), references: Operator.references(node.op))
    }
    return Step(
      node: node, work: work, inputs: node.dataInputs.map { Step.Input(slot: slots.slot($0)) },
      controls: controls([node], &slots), outputs: outputs(of: node.name, &slots), flag: flag(node.name, &slots))
  }

  /// Where the outputs of a node go.
  func outputs(of node: String, _ slots: inout FrameSlots) -> [Int?] {
    (0..<(outputCounts[node] ?? 0)).map { output in
      let endpoint = Endpoint(node, output)
      return used.contains(endpoint) ? slots.slot(endpoint) : nil
    }
  }

  /// What is set when the node has run; `nil` when nobody waits for it.
  func flag(_ node: String, _ slots: inout FrameSlots) -> Int? {
    waitedFor.contains(node) ? slots.flag(node) : nil
  }

  /// What the nodes wait for.
  func controls(_ nodes: [Node], _ slots: inout FrameSlots) -> [Int] {
    nodes.flatMap(\.inputs).compactMap { input in
      guard case .control(let name) = input, !fed.contains(name) else { return nil }
      return slots.flag(name)
    }
  }

  func isLoopMerge(_ node: Node) -> Bool {
    ControlFlow.isMerge(node)
      && node.dataInputs.contains { graph[$0.node].map(ControlFlow.isNextIteration) ?? false }
  }
}

extension Node {
  func expectInputs(_ count: Int) throws {
    guard dataInputs.count == count else {
      throw error("has \(dataInputs.count) inputs where \(op) has \(count)")
    }
  }
}
