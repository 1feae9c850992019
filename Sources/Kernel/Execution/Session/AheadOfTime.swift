import Graphs

/// Steps in two parts: those that depend on nothing but constants and variables, and the rest.
///
/// The first part is done once and not again for each batch: arithmetic on shapes, and the widening of a quantized
/// model's weights. Where a run changes variables, only what depends on constants alone is in it.
struct AheadOfTime {
  var ahead: [Step] = []
  var rest: [Step] = []
  private var slots: Set<Int> = []

  /// - Parameter readsVariables: whether what depends on variables is worth keeping: not where a run changes them.
  init(_ steps: [Step], readsVariables: Bool) {
    var flags: Set<Int> = []
    for step in steps {
      if case .operation = step.work, Operator.named(step.node.op)?.isStateful == false,
        readsVariables || !step.node.isVariable, step.inputs.allSatisfy({ slots.contains($0.slot) }),
        step.controls.allSatisfy(flags.contains)
      {
        ahead.append(step)
        slots.formUnion(step.outputs.compactMap { $0 })
        if let flag = step.flag { flags.insert(flag) }
      } else {
        rest.append(step)
      }
    }
  }

  /// The values of the first part that the second needs, or that are fetched.
  func kept(for fetched: [Int]) -> [Int] {
    slots.intersection(rest.flatMap { $0.inputs.map(\.slot) } + fetched).sorted()
  }
}

extension [Step] {
  /// Finds the last step that needs each value, so that its memory can be used again from there on.
  mutating func markLastUses(keeping kept: Set<Int>) {
    var seen = kept
    for index in indices.reversed() {
      // Of a value that a step takes twice, the last is the last.
      for input in self[index].inputs.indices.reversed() {
        self[index].inputs[input].isLast = seen.insert(self[index].inputs[input].slot).inserted
      }
    }
  }
}
