import Graphs

/// A variable with its gradient and what its optimizer remembers of the steps before.
struct OptimizedVariable {
  let variable: BuiltVariable
  let gradient: GraphTensor
  let slots: [BuiltVariable]

  init(_ variable: BuiltVariable, _ gradient: GraphTensor, slots: [BuiltVariable]) {
    self.variable = variable
    self.gradient = gradient
    self.slots = slots
  }

  /// Moves the averages of the gradient and of its square along, which are the slots.
  ///
  /// - Parameter betas: the parts of them that stay.
  /// - Returns: both after the step, and the nodes that store them.
  func moments(_ betas: [Float], _ graph: GraphBuilder) throws -> (next: [GraphTensor], updates: [String]) {
    let next = try zip(zip(slots, betas), [gradient, graph.square(gradient)]).map { slot, value in
      try graph.add(graph.multiply(slot.0.value, slot.1), graph.multiply(value, 1 - slot.1))
    }
    return (next, try zip(slots, next).map { try graph.update("Assign", $0, $1) })
  }

  /// Takes a step from the variable once all who need its old value have run.
  func descend(_ step: GraphTensor, _ readers: VariableReaders, _ graph: GraphBuilder) throws -> String {
    try graph.after(readers.nodes(reading: variable)) { try graph.update("AssignSub", variable, step) }
  }
}
