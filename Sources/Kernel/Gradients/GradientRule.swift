import Bytes
import Graphs
import Tensors

/// How the gradients of an operator's outputs become those of its inputs.
package struct GradientRule: Sendable {
  let op: String
  /// One gradient an input; `nil` where there is none or nobody needs it.
  let apply: @Sendable (GradientCall) throws -> [GraphTensor?]

  init(_ op: String, _ apply: @escaping @Sendable (GradientCall) throws -> [GraphTensor?]) {
    self.op = op
    self.apply = apply
  }

  /// The rules of all operators that have one, by the operator's name.
  package static let all: [String: GradientRule] = Dictionary(
    uniqueKeysWithValues: [
      unary, binary, selections, reductions, matrices, shapes, gathers, normalizations, recurrent,
    ].joined().map { ($0.op, $0) })

  /// Operators whose results do not change with their inputs, or jump, or are no fractions: no way leads through them.
  static let ends: Set<String> = [
    "StopGradient", "ZerosLike", "OnesLike", "Shape", "ShapeN", "Size", "Rank", "Range", "Equal", "NotEqual",
    "Less",
    "LessEqual", "Greater", "GreaterEqual", "LogicalAnd", "LogicalOr", "LogicalNot", "Floor", "Ceil", "Round",
    "Sign",
    "RandomUniform", "RandomStandardNormal", "TruncatedNormal", "ArgMax", "ArgMin", "OneHot",
  ]
}

/// One node on the way back.
package struct GradientCall {
  let build: GraphBuilder
  let node: Node
  let inputs: [GraphTensor]
  let outputs: [GraphTensor]
  /// Of the outputs; `nil` where the loss does not depend on one.
  let gradients: [GraphTensor?]
  /// Which of the inputs lead to a target.
  let isNeeded: [Bool]

  static func scope(_ name: String) -> String { name + "_grad" }

  /// The gradient of an output, zeros when there is none.
  func gradient(_ output: Int = 0) throws -> GraphTensor {
    guard outputs.indices.contains(output) else { throw node.error("\(node.op) has no output \(output)") }
    return try gradients[output] ?? build.zeros(like: outputs[output])
  }

  /// What `make` gives, if the input is needed.
  func ifNeeded(_ input: Int, _ make: () throws -> GraphTensor) rethrows -> GraphTensor? {
    isNeeded.indices.contains(input) && isNeeded[input] ? try make() : nil
  }

  /// The integers in an input that is a constant.
  func integers(_ input: Int) throws -> [Int] {
    guard inputs.indices.contains(input), let source = build.meta.graph[inputs[input].endpoint.node],
      source.op == "Const", let encoded = source.attributes.tensor("value"),
      let values = try encoded.decoded(of: source.name).integers
    else { throw node.error("has no gradient unless its input \(input) is constant integers") }
    return values
  }

  /// A gradient summed over the axes along which an input was broadcast.
  func reduced(_ gradient: GraphTensor, to input: GraphTensor, other: GraphTensor) throws -> GraphTensor {
    let whole = gradient.dimensions
    let own = Array(repeating: 1, count: whole.count - input.rank) + input.dimensions
    let others = Array(repeating: 1, count: max(0, whole.count - other.rank)) + other.dimensions
    let isClear = zip(own, others).allSatisfy { mine, theirs in
      mine == theirs && mine >= 0 || mine == 1 || theirs == 1
    }
    if isClear || input.endpoint == other.endpoint {
      let axes = whole.indices.filter { own[$0] == 1 && others[$0] != 1 }
      if axes.isEmpty, input.rank == whole.count { return gradient }
      return try build.reshape(build.sum(gradient, axes, keepDims: true), toThatOf: input)
    }
    // Which axes they are, only the run tells.
    let shapes = try [build.shape(of: input), build.shape(of: other)]
    let axes = try build.node(
      "BroadcastGradientArgs", shapes, ["T": .type(TypeCode(.int32))], outputs: [(.int32, [-1]), (.int32, [-1])])[0]
    let sum = try build.node(
      "Sum", [gradient, axes],
      ["T": .type(TypeCode(gradient.dtype)), "Tidx": .type(TypeCode(.int32)), "keep_dims": .bool(false)],
      outputs: [(gradient.dtype, input.dimensions)])[0]
    return try build.reshape(sum, shapes[0], knownAs: input.dimensions)
  }
}

extension GraphBuilder {
  /// x in the extents of another tensor, which are computed only when two or more of them are unknown.
  func reshape(_ x: GraphTensor, toThatOf other: GraphTensor) throws -> GraphTensor {
    if x.dimensions == other.dimensions, x.dimensions.count(where: { $0 < 0 }) <= 1 { return x }
    if other.dimensions.count(where: { $0 < 0 }) <= 1 { return try reshape(x, other.dimensions) }
    return try reshape(x, shape(of: other), knownAs: other.dimensions)
  }
}
