import Bytes
import Graphs
import Tensors

/// The values of one frame while it runs. A value that is missing never comes: it is on the branch not taken.
struct FrameValues {
  var slots: [Tensor?]
  var flags: [Bool]

  init(_ plan: FramePlan) {
    slots = Array(repeating: nil, count: plan.slotCount)
    flags = Array(repeating: false, count: plan.flagCount)
  }

  mutating func run(_ steps: [Step], _ context: RunContext) throws {
    for step in steps { try run(step, context) }
  }

  private mutating func run(_ step: Step, _ context: RunContext) throws {
    if case .merge = step.work { return try merge(step) }
    guard step.inputs.allSatisfy({ slots[$0.slot] != nil }), step.controls.allSatisfy({ flags[$0] }) else {
      return skip(step)
    }
    switch step.work {
    case .operation(let operation, let references):
      var call = Call(step.node, try take(step, references, context), context)
      if context.profile == nil {
        try operation.run(&call)
      } else {
        let start = Profile.Moment()
        try operation.run(&call)
        context.profile?.add(step.node.op, since: start)
      }
      try put(call.outputs, step)
    case .pass: try put(take(step, 0, context), step)
    case .branch:
      let inputs = try take(step, 0, context)
      let takesSecond = try step.node.truth(inputs[1])
      for (output, slot) in step.outputs.enumerated() {
        if let slot { slots[slot] = (output == 1) == takesSecond && output < 2 ? inputs[0] : nil }
      }
    case .merge: break
    case .loop(let plan):
      let results = try plan.run(take(step, 0, context), context)
      for (index, result) in results.enumerated() {
        if let slot = step.outputs[index] { slots[slot] = result }
        if let flag = step.exitFlags[index] { flags[flag] = result != nil }
      }
    }
    if let flag = step.flag { flags[flag] = true }
  }

  private mutating func skip(_ step: Step) {
    for case let slot? in step.outputs { slots[slot] = nil }
    for case let flag? in step.exitFlags { flags[flag] = false }
    if let flag = step.flag { flags[flag] = false }
  }

  private mutating func merge(_ step: Step) throws {
    guard let input = step.inputs.firstIndex(where: { slots[$0.slot] != nil }),
      step.controls.allSatisfy({ flags[$0] })
    else { return skip(step) }
    let value = slots[step.inputs[input].slot]
    if let slot = step.outputs.first ?? nil { slots[slot] = value }
    if step.outputs.count > 1, let slot = step.outputs[1] { slots[slot] = Tensor(.int32(Int32(input))) }
    if let flag = step.flag { flags[flag] = true }
  }

  /// The inputs of a step; those that nobody needs any more are no longer kept here.
  private mutating func take(_ step: Step, _ references: Int, _ context: RunContext) throws -> [Tensor] {
    var inputs: [Tensor] = []
    inputs.reserveCapacity(step.inputs.count)
    for (index, input) in step.inputs.enumerated() {
      guard var value = slots[input.slot] else { continue }
      if input.isLast { slots[input.slot] = nil }
      if value.dtype == .resource, index >= references,
        let variable = value.storage.object as? VariableHandle, variable.isReference
      {
        value = try context.variables.value(of: variable.node)
      }
      inputs.append(value)
    }
    return inputs
  }

  private mutating func put(_ outputs: [Tensor], _ step: Step) throws {
    for (output, slot) in step.outputs.enumerated() {
      guard let slot else { continue }
      guard output < outputs.count else {
        throw step.node.error("its output \(output) is needed, but \(step.node.op) has \(outputs.count)")
      }
      slots[slot] = outputs[output]
    }
  }
}

extension LoopPlan {
  /// Runs the loop; the results are the values of its exits.
  func run(_ inputs: [Tensor], _ context: RunContext) throws -> [Tensor?] {
    var values = FrameValues(body)
    for (slot, input) in zip(enters, inputs) { values.slots[slot] = input }
    for flag in alwaysSet { values.flags[flag] = true }
    var round: [Tensor?] = variables.map { values.slots[$0.enter] }
    var results: [Tensor?] = Array(repeating: nil, count: exits.count)
    for iteration in 0... {
      guard iteration <= ControlFlow.iterationLimit else {
        throw KernelError(.badData, "", "a loop goes round more than \(ControlFlow.iterationLimit) times")
      }
      for (index, variable) in variables.enumerated() {
        if let slot = variable.which { values.slots[slot] = Tensor(.int32(iteration == 0 ? 0 : 1)) }
        if let slot = variable.merged { values.slots[slot] = round[index] }
        round[index] = nil
      }
      try values.run(body.steps, context)
      for (index, slot) in exits.enumerated() {
        if let value = values.slots[slot] { results[index] = value }
      }
      for (index, variable) in variables.enumerated() { round[index] = values.slots[variable.next] }
      for variable in variables { values.slots[variable.next] = nil }
      let going = round.count { $0 != nil }
      if going == 0 { return results }
      guard going == round.count else {
        throw KernelError(.badData, "", "some values of a loop go round once more and others do not")
      }
    }
    return results
  }
}

extension Node {
  /// The one boolean in a tensor.
  fileprivate func truth(_ tensor: Tensor) throws -> Bool {
    guard tensor.dtype == .bool, tensor.elementCount == 1 else {
      throw error("decides by \(tensor), where one boolean is expected")
    }
    return tensor.elements(UInt8.self)[0] != 0
  }
}
