import Bytes
import Graphs

extension Planner {
  /// The step that runs a whole loop.
  ///
  /// - Parameter nodes: those of the loop, but not of loops inside it.
  /// - Throws: ``KernelError`` `.badData` when a loop is not made as TensorFlow makes it.
  func loop(_ frame: Int, _ nodes: [Node], _ slots: inout FrameSlots) throws -> Step {
    var inside = FrameSlots()
    var steps = try self.steps(of: frame, &inside)
    let enters = nodes.filter(ControlFlow.isEnter)
    for enter in enters { try enter.expectInputs(1) }
    let variables = try nodes.filter(isLoopMerge).map { try variable($0, &inside) }
    let exits = nodes.filter(ControlFlow.isExit)
    for exit in exits { try exit.expectInputs(1) }

    let exitSlots = exits.map { inside.slot($0.dataInputs[0]) }
    let enterSlots = enters.map { inside.slot(Endpoint($0.name)) }
    // Flags before the counts are taken.
    let alwaysSet = nodes.filter { ControlFlow.isEnter($0) || isLoopMerge($0) }
      .compactMap { flag($0.name, &inside) }
    for node in nodes where ControlFlow.isNextIteration(node) && flag(node.name, &inside) != nil {
      throw node.error("something waits for the end of a round", hint: "TensorFlow does not make such loops")
    }
    // A value that entered once is needed in every round, and the ends of a round are looked at when all steps are done.
    let merged = variables.compactMap(\.merged)
    steps.markLastUses(keeping: Set(enterSlots + exitSlots + variables.map(\.next)).subtracting(merged))
    let plan = LoopPlan(
      body: FramePlan(steps: steps, slotCount: inside.slotCount, flagCount: inside.flagCount), enters: enterSlots,
      variables: variables, exits: exitSlots, alwaysSet: alwaysSet)
    return Step(
      node: nodes.first ?? Node("", ""), work: .loop(plan),
      inputs: enters.map { Step.Input(slot: slots.slot($0.dataInputs[0])) }, controls: controls(enters, &slots),
      outputs: exits.map { outputs(of: $0.name, &slots).first ?? nil }, flag: nil,
      exitFlags: exits.map { flag($0.name, &slots) })
  }

  /// The value that goes round through a `Merge`.
  private func variable(_ merge: Node, _ slots: inout FrameSlots) throws -> LoopPlan.Variable {
    try merge.expectInputs(2)
    let sources = merge.dataInputs.compactMap { graph[$0.node] }
    guard let enter = sources.first(where: ControlFlow.isEnter),
      let next = sources.first(where: ControlFlow.isNextIteration), sources.count == 2
    else { throw merge.error("a loop's Merge takes one Enter and one NextIteration") }
    try next.expectInputs(1)
    let outputs = outputs(of: merge.name, &slots)
    return LoopPlan.Variable(
      enter: slots.slot(Endpoint(enter.name)), merged: outputs.first ?? nil,
      which: outputs.count > 1 ? outputs[1] : nil, next: slots.slot(next.dataInputs[0]))
  }
}
