import Bytes
import Checkpoints
import Execution
import Graphs
import Tensors
import TestSupport
import Testing

/// What changes variables, against what TensorFlow's variables held after one, two and three steps
/// (`Fixtures/operators/training.py`).
struct UpdatesTests {
  @Test(arguments: [1, 3])
  func variablesAreWhatTensorFlowMakesOfThem(threads: Int) throws {
    let path = fixture("operators/updates")
    let meta = try MetaGraph(reading: path + ".meta")
    let session = try Session(
      meta, path: path + ".meta", checkpoint: try openCheckpoint(path), workers: Workers(threads))
    let expected = try openCheckpoint(fixture("operators/updates_expected.npz"))
    let steps = meta.graph.nodes.map(\.name).filter { $0.hasSuffix("/apply") }
    #expect(steps.count > 40)
    #expect(try session.run([Endpoint("isSet")])[0].array(of: UInt8.self) == [1])
    for step in 1...3 {
      _ = try session.run([], targets: steps)
      for info in expected.tensors {
        let name = info.name.description
        guard name.hasSuffix("/\(step)") else { continue }
        let wanted = try expected.tensor(name)
        let value = try session.run([Endpoint(name.dropLast(2) + "/now")])[0]
        #expect(
          value.isClose(to: wanted, relativeToLargest: 1e-6),
          "\(name): \(value.prefix) where TensorFlow has \(wanted.prefix)")
      }
    }
  }

  private func floats(_ values: [Float], _ shape: [Int]) throws -> Tensor {
    let shape = try #require(Shape(shape))
    return try #require(Tensor(values, shape))
  }

  private func variable(_ name: String, _ extents: [Int], isResource: Bool = false) throws -> Node {
    let shape = try #require(Shape(extents))
    return Node(
      name, isResource ? "VarHandleOp" : "VariableV2",
      attributes: ["dtype": .type(TypeCode(.float32)), "shape": .shape(PartialShape(shape))])
  }

  private func session(_ nodes: [Node], _ values: [String: Tensor]) throws -> Session {
    var meta = MetaGraph()
    meta.graph = try Graph(nodes)
    let store = VariableStore()
    for (name, value) in values { store.set(name, value) }
    return Session(meta, path: "g.meta", variables: store)
  }

  /// A fetched value is what it was, whatever happens to the variable later.
  @Test func oldValuesStay() throws {
    let nodes = try [
      variable("w", [2]), Node("one", constant: .float(1)), Node("read", "Identity", of: [Endpoint("w")]),
      Node("grad", "OnesLike", of: [Endpoint("read")]),
      Node("step", "ApplyGradientDescent", of: [Endpoint("w"), Endpoint("one"), Endpoint("grad")]),
    ]
    let session = try session(nodes, ["w": floats([5, 7], [2])])
    let before = try session.run([Endpoint("w")])[0]
    let read = try session.run([Endpoint("read"), Endpoint("step")])
    let after = try session.run([Endpoint("w")], targets: ["step"])[0]
    #expect(before.array(of: Float.self) == [5, 7])
    #expect(read[0].array(of: Float.self) == [5, 7])
    #expect(read[1].array(of: Float.self) == [4, 6])
    #expect(after.array(of: Float.self) == [3, 5])
  }

  /// Optimized code once let go of the file, as nobody else had it, before the values were copied from it.
  @Test func valuesOfAFileThatNobodyElseHasAreCopied() throws {
    let folder = TemporaryFolder()
    let count = 1 << 16
    let values = (0..<count).map { Float($0) }
    try values.withUnsafeBytes { try AtomicFile.write(Array($0), to: folder("values"), existing: .refuse) }
    let nodes = try [
      variable("w", [count]), Node("one", constant: .float(1)), Node("grad", "OnesLike", of: [Endpoint("w")]),
      Node("step", "ApplyGradientDescent", of: [Endpoint("w"), Endpoint("one"), Endpoint("grad")]),
    ]
    let shape = try #require(Shape([count]))
    let session = try session(
      nodes, ["w": Tensor(.float32, shape, bytes: MappedFile(folder("values")).view)])
    let result = try session.run([Endpoint("step")])[0].array(of: Float.self)
    #expect(result == values.map { $0 - 1 })
  }

  /// No edge says that `late` comes before the step, but it does not depend on it.
  @Test func updatesComeAfterReads() throws {
    let nodes = try [
      variable("w", [1]), variable("v", [1]), Node("one", constant: .float(1)),
      Node("grad", "Placeholder", attributes: ["dtype": .type(TypeCode(.float32))]),
      Node("step", "ApplyGradientDescent", of: [Endpoint("w"), Endpoint("one"), Endpoint("grad")]),
      Node("a", "Neg", of: [Endpoint("grad")]), Node("b", "Neg", of: [Endpoint("a")]),
      Node("late", "Mul", of: [Endpoint("b"), Endpoint("w")]),
      Node("after", "Mul", of: [Endpoint("b"), Endpoint("step")]),
      // Each reads what the other changes: only one of them can see an old value.
      Node("stepV", "AssignAdd", of: [Endpoint("v"), Endpoint("w")]),
    ]
    let session = try session(nodes, ["w": floats([5], [1]), "v": floats([1], [1])])
    for round in 0..<3 {
      let result = try session.run(
        [Endpoint("late"), Endpoint("after"), Endpoint("stepV")],
        feeding: [Endpoint("grad"): floats([2], [1])])
      let old = Float(5 - 2 * round)
      #expect(result[0].array(of: Float.self) == [2 * old])
      #expect(result[1].array(of: Float.self) == [2 * (old - 2)])
      #expect(result[2].array(of: Float.self) == [[6, 9, 10][round]])
    }
  }

  @Test func updatesThatWaitForEachOtherRunAllTheSame() throws {
    let nodes = try [
      variable("a", [1]), variable("b", [1]), Node("addA", "AssignAdd", of: [Endpoint("a"), Endpoint("b")]),
      Node("addB", "AssignAdd", of: [Endpoint("b"), Endpoint("a")]),
    ]
    let session = try session(nodes, ["a": floats([1], [1]), "b": floats([10], [1])])
    let result = try session.run([Endpoint("addA"), Endpoint("addB")])
    #expect(result.map { $0.array(of: Float.self) } == [[11], [21]])
  }

  @Test func whatDoesNotFitIsRefusedAndChangesNothing() throws {
    let nodes = try [
      variable("w", [2]), variable("m", [2]), variable("none", [2]), Node("one", constant: .float(1)),
      Node("grad", "Placeholder", attributes: ["dtype": .type(TypeCode(.float32))]),
      Node("step", "ApplyMomentum", of: ["w", "m", "one", "grad", "one"].map { Endpoint($0) }),
      Node("twice", "ApplyMomentum", of: ["w", "w", "one", "grad", "one"].map { Endpoint($0) }),
      Node("unset", "ApplyMomentum", of: ["w", "none", "one", "grad", "one"].map { Endpoint($0) }),
      Node("short", "ApplyMomentum", of: ["w", "m", "one", "grad"].map { Endpoint($0) }),
      Node("constant", "ApplyMomentum", of: ["one", "m", "one", "grad", "one"].map { Endpoint($0) }),
      Node("rate", "ApplyMomentum", of: ["w", "m", "grad", "grad", "one"].map { Endpoint($0) }),
      Node("add", "AssignAdd", of: ["w", "grad"].map { Endpoint($0) }),
      Node("isSet", "IsVariableInitialized", of: [Endpoint("none")]),
    ]
    let session = try session(nodes, ["w": floats([5, 7], [2]), "m": floats([0, 0], [2])])
    for (step, grad, place) in [
      ("step", [3], "step"), ("twice", [2], "w"), ("unset", [2], "none"), ("short", [2], "short"),
      ("constant", [2], "constant"), ("rate", [2], "rate"), ("add", [1], "add"),
    ] {
      let values = try floats(Array(repeating: 1, count: grad[0]), grad)
      let error = #expect(throws: KernelError.self, "\(step)") {
        try session.run([], feeding: [Endpoint("grad"): values], targets: [step])
      }
      #expect(error?.place == .node(place), "\(step): \(error?.problem ?? "")")
    }
    #expect(try session.run([Endpoint("w")])[0].array(of: Float.self) == [5, 7])
    #expect(try session.run([Endpoint("isSet")])[0].array(of: UInt8.self) == [0])
  }

  @Test(arguments: [false, true])
  func largeVariablesAreUpdatedAlikeByAnyNumberOfThreads(isResource: Bool) throws {
    let count = 100_003
    let values = (0..<count).map { Float($0 % 977) / 100 - 3 }
    func result(_ threads: Int) throws -> [[Float]] {
      var meta = MetaGraph()
      let scalars = [0.9, 0.99, 0.1, 0.9, 0.999, 1e-8].enumerated().map {
        Node("n\($0)", constant: .float(Float($1)))
      }
      let inputs = ["w", "m", "v"] + scalars.map(\.name) + ["grad"]
      meta.graph = try Graph(
        [
          variable("w", [count], isResource: isResource), variable("m", [count], isResource: isResource),
          variable("v", [count], isResource: isResource),
          Node("grad", "Placeholder", attributes: ["dtype": .type(TypeCode(.float32))]),
          Node("step", isResource ? "ResourceApplyAdam" : "ApplyAdam", of: inputs.map { Endpoint($0) }),
        ] + scalars
          + ["w", "m", "v"].map {
            Node($0 + "/now", isResource ? "ReadVariableOp" : "Identity", of: [Endpoint($0)])
          })
      let store = VariableStore()
      store.set("w", try floats(values, [count]))
      for slot in ["m", "v"] { store.set(slot, try floats(values.map(abs), [count])) }
      let session = Session(meta, path: "g.meta", variables: store, workers: Workers(threads))
      for _ in 0..<2 {
        _ = try session.run([], feeding: [Endpoint("grad"): floats(values.reversed(), [count])], targets: ["step"])
      }
      return try session.run(["w", "m", "v"].map { Endpoint($0 + "/now") }).map { $0.array(of: Float.self) }
    }
    #expect(try result(1) == result(3))
  }
}
