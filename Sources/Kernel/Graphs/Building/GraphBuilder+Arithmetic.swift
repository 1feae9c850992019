import Tensors

/// Operators that work element by element.
extension GraphBuilder {
  /// An operator of one tensor whose result has its type and shape.
  package func unary(_ op: String, _ x: GraphTensor, name: String? = nil) throws -> GraphTensor {
    try simple(op, [x], name: name, to: x.dimensions)
  }

  /// An operator of two tensors that are broadcast against each other.
  package func binary(
    _ op: String, _ x: GraphTensor, _ y: GraphTensor, name: String? = nil, result: DType? = nil
  ) throws -> GraphTensor {
    guard x.dtype == y.dtype, let dimensions = GraphBuilder.broadcast(x.dimensions, y.dimensions) else {
      throw misfit(op, [x, y])
    }
    return try simple(op, [x, y], name: name, result: result, to: dimensions)
  }

  /// The extents of what two tensors make together; `nil` when they do not fit.
  static func broadcast(_ a: [Int], _ b: [Int]) -> [Int]? {
    let rank = max(a.count, b.count)
    let long = [Array(repeating: 1, count: rank - a.count) + a, Array(repeating: 1, count: rank - b.count) + b]
    var result: [Int] = []
    for (x, y) in zip(long[0], long[1]) {
      switch (x, y) {
      case (1, _): result.append(y)
      case (_, 1): result.append(x)
      case (-1, _): result.append(y)
      case (_, -1): result.append(x)
      default:
        guard x == y else { return nil }
        result.append(x)
      }
    }
    return result
  }

  /// x + y, broadcast against each other.
  package func add(_ x: GraphTensor, _ y: GraphTensor, name: String? = nil) throws -> GraphTensor {
    try binary("Add", x, y, name: name)
  }
  /// x - y, broadcast against each other.
  package func subtract(_ x: GraphTensor, _ y: GraphTensor, name: String? = nil) throws -> GraphTensor {
    try binary("Sub", x, y, name: name)
  }
  /// The products of the elements, broadcast against each other.
  package func multiply(_ x: GraphTensor, _ y: GraphTensor, name: String? = nil) throws -> GraphTensor {
    try binary("Mul", x, y, name: name)
  }
  /// The quotients of the elements, broadcast against each other.
  package func divide(_ x: GraphTensor, _ y: GraphTensor, name: String? = nil) throws -> GraphTensor {
    try binary("RealDiv", x, y, name: name)
  }
  /// x times a number.
  package func multiply(_ x: GraphTensor, _ factor: Float) throws -> GraphTensor {
    try multiply(x, constant(factor, name: "factor"))
  }
  /// x plus a number.
  package func add(_ x: GraphTensor, _ summand: Float) throws -> GraphTensor {
    try add(x, constant(summand, name: "summand"))
  }
  /// The larger of each two elements.
  package func maximum(_ x: GraphTensor, _ y: GraphTensor) throws -> GraphTensor { try binary("Maximum", x, y) }
  /// The smaller of each two elements.
  package func minimum(_ x: GraphTensor, _ y: GraphTensor) throws -> GraphTensor { try binary("Minimum", x, y) }

  /// -x
  package func negate(_ x: GraphTensor) throws -> GraphTensor { try unary("Neg", x) }
  /// x times itself.
  package func square(_ x: GraphTensor) throws -> GraphTensor { try unary("Square", x) }
  /// 1 / √x
  package func rsqrt(_ x: GraphTensor) throws -> GraphTensor { try unary("Rsqrt", x) }
  /// The natural logarithm.
  package func log(_ x: GraphTensor) throws -> GraphTensor { try unary("Log", x) }
  /// 1 / (1 + e⁻ˣ)
  package func sigmoid(_ x: GraphTensor) throws -> GraphTensor { try unary("Sigmoid", x) }
  /// x between 0 and 6; what is beyond is cut off.
  package func relu6(_ x: GraphTensor) throws -> GraphTensor { try unary("Relu6", x) }

  /// x, but as if it depended on nothing when gradients are taken.
  package func stopGradient(_ x: GraphTensor) throws -> GraphTensor { try unary("StopGradient", x) }

  /// The sum of tensors of one shape.
  package func addN(_ terms: [GraphTensor], name: String? = nil) throws -> GraphTensor {
    guard let first = terms.first, terms.allSatisfy({ $0.rank == first.rank && $0.dtype == first.dtype }) else {
      throw misfit("AddN", terms)
    }
    if terms.count == 1 { return first }
    return try simple("AddN", terms, name: name, ["N": .int(terms.count)], to: first.dimensions)
  }

  /// A comparison.
  package func compare(_ op: String, _ x: GraphTensor, _ y: GraphTensor) throws -> GraphTensor {
    try binary(op, x, y, result: .bool)
  }

  /// x where the condition holds, else y, all of one shape; or a vector of conditions for the outermost dimension.
  package func select(_ condition: GraphTensor, _ x: GraphTensor, _ y: GraphTensor) throws -> GraphTensor {
    guard condition.dtype == .bool, x.dtype == y.dtype, x.rank == y.rank else {
      throw misfit("Select", [condition, x, y])
    }
    return try node(
      "Select", [condition, x, y], ["T": .type(TypeCode(x.dtype))], outputs: [(x.dtype, x.dimensions)])[0]
  }

  package func cast(_ x: GraphTensor, to dtype: DType) throws -> GraphTensor {
    if x.dtype == dtype { return x }
    return try node(
      "Cast", [x],
      ["SrcT": .type(TypeCode(x.dtype)), "DstT": .type(TypeCode(dtype)), "Truncate": .bool(false)],
      outputs: [(dtype, x.dimensions)])[0]
  }
}
