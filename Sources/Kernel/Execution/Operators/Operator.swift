import Bytes
import Graphs
import Tensors

/// What an operator does with its inputs, once its attributes are known.
package typealias Operation = (inout Call) throws -> Void

/// One of TensorFlow's operators.
package struct Operator: Sendable {
  /// As a node's `op` has it.
  let name: String
  /// Whether it answers differently, or changes something, each time: then it is neither done ahead nor shared.
  let isStateful: Bool
  /// Reads the attributes.
  ///
  /// Throws ``KernelError`` `.badData` at the node when they are not what the operator needs.
  let prepare: @Sendable (Node) throws -> Operation

  init(_ name: String, isStateful: Bool = false, _ prepare: @escaping @Sendable (Node) throws -> Operation) {
    self.name = name
    self.isStateful = isStateful
    self.prepare = prepare
  }

  /// An operator without attributes that matter.
  static func plain(_ name: String, _ run: @escaping @Sendable (inout Call) throws -> Void) -> Operator {
    Operator(name) { _ in run }
  }
}

extension Operator {
  /// All operators that can be run, by name.
  package static let all: [String: Operator] = Dictionary(
    uniqueKeysWithValues: [
      constants, variables, casts, shapes, slices, joins, unary, binary, comparisons, selections, sums, reductions,
      matrices, gathers, permutations, sequences, normalizations, random, tensorArrays, sorting,
      increments, optimizers, batchNormalizations, unaryGradients, biasGradients, shapeGradients, scatters,
      diagonals, recurrent, crossEntropies,
    ].joined().map { ($0.name, $0) })

  /// Operators that stand for several nodes of a file, by name.
  private static let fused: [String: Operator] = Dictionary(
    uniqueKeysWithValues: [
      [
        l2Normalization, gatheredL2Normalization, joinedL2Normalization, slicedBatchNormalization, rowsByBytes,
        subtractedProduct, gradientOfSoftmax, equalAsNumber,
      ],
      weightGradients, fusedUpdates,
    ].joined().map { ($0.name, $0) })

  /// The operator that runs a node, which need not be from a file.
  static func named(_ name: String) -> Operator? { all[name] ?? fused[name] }

  /// The names of all operators that can be run, those that the session itself runs among them.
  package static var names: Set<String> { Set(all.keys).union(ControlFlow.operators) }

  /// Whether nodes of that type can be run: by an operator, or by the session itself.
  package static func canRun(_ op: String) -> Bool { all[op] != nil || ControlFlow.operators.contains(op) }
}

extension Operator {
  /// Operators that are missing with the nodes that use them, three of each.
  package static func description(ofMissing missing: [String: [String]]) -> String {
    missing.sorted { $0.key < $1.key }.map { op, nodes in
      let shown = nodes.prefix(3).map(\.printable).joined(separator: ", ")
      return "\(op.printable) (\(shown)\(nodes.count > 3 ? " and \(nodes.count - 3) more" : ""))"
    }.joined(separator: "; ")
  }
}
