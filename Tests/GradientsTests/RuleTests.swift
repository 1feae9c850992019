import Gradients
import Graphs
import Tensors
import Testing

/// Each rule against finite differences, for extents that are known and such that are not.
@Suite struct RuleTests {
  static let tolerance = 2e-3

  @Test(arguments: ["Neg", "Square", "Exp", "Sigmoid", "Tanh", "Abs", "Softplus", "Relu", "Identity", "Softmax"])
  func unary(_ op: String) throws {
    #expect(try FiniteDifferences.worst([[2, 3]]) { try $0.unary(op, $1[0]) } < Self.tolerance)
  }

  @Test(arguments: ["Log", "Log1p", "Sqrt", "Rsqrt", "Reciprocal"])
  func unaryOfPositives(_ op: String) throws {
    #expect(try FiniteDifferences.worst([[2, 3]], shift: 2) { try $0.unary(op, $1[0]) } < Self.tolerance)
  }

  @Test(arguments: ["Add", "Sub", "Mul", "RealDiv", "Maximum", "Minimum", "SquaredDifference"], [true, false])
  func binary(_ op: String, isHidden: Bool) throws {
    for shapes in [[[2, 3], [2, 3]], [[2, 3], [3]], [[2, 1], [2, 3]], [[1, 3], [2, 1]], [[2, 3], []]] {
      let shift: Float = op == "RealDiv" ? 2 : 0
      let worst = try FiniteDifferences.worst(shapes, shift: shift, hidden: isHidden ? [0, 1] : []) {
        try $0.binary(op, $1[0], $1[1])
      }
      #expect(worst < Self.tolerance, "\(op) of \(shapes)")
    }
  }

  @Test(arguments: ["Sum", "Mean", "Max", "Min"], [true, false])
  func reductions(_ op: String, isHidden: Bool) throws {
    for (axes, keeps) in [([0], true), ([1], false), ([0, 2], true), ([0, 2], false), ([2], false)] {
      let worst = try FiniteDifferences.worst([[2, 3, 4]], hidden: isHidden ? [0, 1] : []) {
        try $0.reduce(op, $1[0], axes, keepDims: keeps)
      }
      #expect(worst < Self.tolerance, "\(op) over \(axes)")
    }
  }

  @Test(arguments: [false, true], [false, true])
  func products(turnA: Bool, turnB: Bool) throws {
    let (a, b) = (turnA ? [4, 2] : [2, 4], turnB ? [3, 4] : [4, 3])
    #expect(
      try FiniteDifferences.worst([a, b], hidden: [0]) { try $0.matMul($1[0], $1[1], turnA: turnA, turnB: turnB) }
        < Self.tolerance)
    #expect(
      try FiniteDifferences.worst([[2] + a, [2] + b], hidden: [0]) {
        try $0.batchMatMul($1[0], $1[1], turnA: turnA, turnB: turnB)
      } < Self.tolerance)
  }

  @Test func shapes() throws {
    func worst(_ shapes: [[Int]], _ body: FiniteDifferences.Body) throws -> Double {
      try FiniteDifferences.worst(shapes, hidden: [0], body)
    }
    #expect(try worst([[2, 6]]) { try $0.reshape($1[0], [-1, 3]) } < Self.tolerance)
    #expect(try worst([[2, 3, 4]]) { try $0.transpose($1[0], [2, 0, 1]) } < Self.tolerance)
    #expect(try worst([[2, 3], [2, 2]]) { try $0.concat([$1[0], $1[1]], axis: 1) } < Self.tolerance)
    #expect(try worst([[2, 3]]) { try $0.expandDims($1[0], axis: 1) } < Self.tolerance)
    #expect(try worst([[2, 5]]) { try $0.slice($1[0], axis: 1, 1..<3) } < Self.tolerance)
    #expect(try worst([[2, 5]]) { try $0.split($1[0], [2, 3], axis: 1)[1] } < Self.tolerance)
    #expect(
      try worst([[2, 5]]) { build, x in
        let parts = try build.split(x[0], [2, 3], axis: 1)
        return try build.concat([build.square(parts[1]), parts[0]], axis: 1)
      } < Self.tolerance)
    #expect(
      try worst([[2, 3], [2, 3]]) { try $0.pack([$1[0], $0.square($1[1])], axis: 1) } < Self.tolerance)
    #expect(
      try worst([[2, 3]]) { build, x in
        let parts = try build.unpack(build.transpose(x[0], [1, 0]))
        return try build.multiply(parts[0], parts[2])
      } < Self.tolerance)
    #expect(
      try worst([[2, 3]]) { build, x in
        try build.tile(x[0], build.constant([2, 2]), knownAs: [-1, 6])
      } < Self.tolerance)
    #expect(
      try worst([[2, 3, 2]]) { build, x in
        try build.reverseSequence(x[0], build.constant([2, 3]), sequence: 1, batch: 0)
      } < Self.tolerance)
    #expect(
      try worst([[2, 3]]) { build, x in
        try build.select(build.compare("Less", x[0], build.zeros(like: x[0])), build.square(x[0]), x[0])
      } < Self.tolerance)
    #expect(try worst([[2, 3]]) { try $0.l2Normalize($1[0], axis: 1) } < Self.tolerance)
    #expect(try worst([[2, 3]]) { try $0.l2Loss($1[0]) } < Self.tolerance)
    // What is used twice has the sum of both gradients.
    #expect(try worst([[2, 3]]) { try $0.multiply($1[0], $0.add($1[0], $1[0])) } < Self.tolerance)
  }

  @Test func nothingDependsOnIt() throws {
    let build = GraphBuilder()
    let x = try build.placeholder("x", .float32, [2])
    let y = try build.placeholder("y", .float32, [2])
    let gradients = try build.gradients(of: build.sum(build.square(x), [0]), for: [x, y, build.stopGradient(y)])
    #expect(gradients[0] != nil && gradients[1] == nil && gradients[2] == nil)
  }
}

/// The operators of layers.
@Suite struct LayerRuleTests {
  static let tolerance = 3e-3

  @Test func batchNorm() throws {
    let shapes = [[5, 1, 1, 3], [3], [3]]
    let training = try FiniteDifferences.worst(shapes, hidden: [0]) { build, x in
      try build.fusedBatchNorm(x[0], scale: x[1], offset: x[2], statistics: nil, epsilon: 0.001).y
    }
    #expect(training < Self.tolerance)
    let inference = try FiniteDifferences.worst(shapes, hidden: [0]) { build, x in
      let statistics = try (build.constant([0.5, -0.5, 0]), build.constant([1, 2, 0.5]))
      return try build.fusedBatchNorm(x[0], scale: x[1], offset: x[2], statistics: statistics, epsilon: 0.001).y
    }
    #expect(inference < Self.tolerance)
  }

  @Test func bias() throws {
    #expect(
      try FiniteDifferences.worst([[4, 3], [3]], hidden: [0]) { try $0.biasAdd($1[0], $1[1]) } < Self.tolerance)
  }

  @Test func diagonal() throws {
    #expect(
      try FiniteDifferences.worst([[3, 3], [2, 3]]) { build, x in
        try build.multiply(build.diagonal(x[0]), x[1])
      } < Self.tolerance)
  }

  @Test func gather() throws {
    #expect(
      try FiniteDifferences.worst([[3, 2]]) { build, x in
        try build.gatherND(x[0], build.reshape(build.constant([2, 0, 2]), [3, 1]))
      } < Self.tolerance)
  }

  @Test func longShortTermMemory() throws {
    let shapes = [[3, 2, 4], [2, 2], [2, 2], [6, 8], [8]]
    let worst = try FiniteDifferences.worst(shapes) { build, x in
      let steps = try build.cast(build.constant(3), to: .int64)
      let result = try build.blockLSTM(
        x[0], steps: steps, cell: x[1], hidden: x[2], kernel: x[3], bias: x[4])
      return try build.concat([result.cells, result.hidden], axis: 2)
    }
    #expect(worst < Self.tolerance)
  }

  /// Over many steps, so that the weights' gradients become one product.
  @Test(arguments: [1, 2, 6]) func gatedRecurrentUnit(steps: Int) throws {
    let shapes = [[steps, 2, 3], [2, 2], [5, 4], [5, 2], [4], [2]]
    let worst = try FiniteDifferences.worst(shapes) { build, x in
      try build.unpack(x[0]).reduce(x[1]) { state, frame in
        try build.gruBlockCell(
          frame, state: state, gates: x[2], candidate: x[3], gateBias: x[4], candidateBias: x[5])
      }
    }
    #expect(worst < Self.tolerance)
  }
}
