import Bytes
import Checkpoints
import Execution
import Graphs
import Tensors
import TestSupport
import Testing

/// Every operator on made-up inputs, against what TensorFlow answered (`Fixtures/operators/make.py`).
struct OperatorsTests {
  private let meta: MetaGraph
  private let session: Session
  private let expected: any TensorSource
  private let feeds: [Endpoint: Tensor]

  init() throws {
    let prefix = fixture("operators/operators")
    meta = try MetaGraph(reading: prefix + ".meta")
    session = try Session(meta, path: prefix + ".meta", checkpoint: try openCheckpoint(prefix))
    expected = try openCheckpoint(fixture("operators/expected.npz"))
    let inputs = try openCheckpoint(fixture("operators/inputs.npz"))
    feeds = Dictionary(
      uniqueKeysWithValues: try inputs.tensors.map {
        (Endpoint($0.name.description), try inputs.tensor($0.name.description))
      })
  }

  @Test func answersAsTensorFlowDoes() throws {
    let names = expected.tensors.map(\.name.description)
    // A few at a time, so that inputs are at times needed by others and at times not.
    for start in stride(from: 0, to: names.count, by: 7) {
      let group = Array(names[start..<min(names.count, start + 7)])
      let results = try session.run(
        group.map { Endpoint("out_" + $0) }, feeding: feeds.filter { meta.graph.contains($0.key.node) })
      for (name, result) in zip(group, results) {
        let wanted = try expected.tensor(name)
        #expect(result.dtype == wanted.dtype, "\(name)")
        #expect(result.shape == wanted.shape, "\(name)")
        #expect(result.isClose(to: wanted), "\(name): \(result.prefix) where TensorFlow has \(wanted.prefix)")
      }
    }
  }

  @Test func everyOperatorIsTried() {
    let tried = Set(meta.graph.nodes.map(\.op))
    // What only other versions of TensorFlow, training graphs or the compiler of TensorFlow make.
    let untried: Set = [
      "TensorArrayCloseV3", "RefSwitch", "RefMerge", "RefEnter", "RefExit", "RefNextIteration", "Variable",
    ]
    #expect(Operator.names.subtracting(tried).subtracting(untried) == [])
  }
}

extension Tensor {
  /// Integers and NaN must agree, floats within a few units of the last place.
  func isClose(to other: Tensor) -> Bool {
    switch dtype {
    case .float32:
      zip(array(of: Float.self), other.array(of: Float.self)).allSatisfy { a, b in
        a == b || (a.isNaN && b.isNaN) || abs(a - b) <= 2e-6 + 4e-6 * abs(b)
      }
    case .float64:
      zip(array(of: Double.self), other.array(of: Double.self)).allSatisfy { abs($0 - $1) <= 1e-12 * (1 + abs($1)) }
    case .half, .bfloat16: array(of: UInt16.self) == other.array(of: UInt16.self)
    case .int64: array(of: Int64.self) == other.array(of: Int64.self)
    case .int32: array(of: Int32.self) == other.array(of: Int32.self)
    case .uint8, .bool: array(of: UInt8.self) == other.array(of: UInt8.self)
    default: false
    }
  }

  var prefix: String {
    switch dtype {
    case .float32: "\(array(of: Float.self).prefix(6))"
    case .int32: "\(array(of: Int32.self).prefix(6))"
    case .int64: "\(array(of: Int64.self).prefix(6))"
    default: description
    }
  }
}
