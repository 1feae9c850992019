import Bytes
import Checkpoints
import Execution
import Graphs
import Tensors
import TestSupport
import Testing

/// Every operator on made-up inputs, against what TensorFlow answered (`Fixtures/operators/make.py` and `training.py`).
struct OperatorsTests {
  @Test(arguments: ["operators", "training"])
  func answersAsTensorFlowDoes(set: String) throws {
    let cases = try OperatorCases(set)
    let names = cases.expected.tensors.map(\.name.description)
    // A few at a time, so that inputs are at times needed by others and at times not.
    for start in stride(from: 0, to: names.count, by: 7) {
      let group = Array(names[start..<min(names.count, start + 7)])
      let results = try cases.session.run(
        group.map { Endpoint("out_" + $0) },
        feeding: cases.feeds.filter { cases.meta.graph.contains($0.key.node) })
      for (name, result) in zip(group, results) {
        let wanted = try cases.expected.tensor(name)
        #expect(result.dtype == wanted.dtype, "\(name)")
        #expect(result.shape == wanted.shape, "\(name)")
        if name.hasPrefix("exact_") {
          #expect(result.isEqual(to: wanted), "\(name): \(result.prefix), not \(wanted.prefix)")
        }
        #expect(
          result.isClose(to: wanted, relativeToLargest: set == "operators" ? 0 : 2e-6),
          "\(name): \(result.prefix) where TensorFlow has \(wanted.prefix)")
      }
    }
  }

  @Test func everyOperatorIsTried() throws {
    let graphs = try ["operators", "training", "updates"].map {
      try MetaGraph(reading: fixture("operators/\($0).meta")).graph
    }
    let tried = Set(graphs.flatMap { $0.nodes.map(\.op) })
    // What only other versions of TensorFlow or the compiler of TensorFlow make.
    let untried: Set = [
      "TensorArrayCloseV3", "RefSwitch", "RefMerge", "RefEnter", "RefExit", "RefNextIteration", "Variable",
    ]
    #expect(Operator.names.subtracting(tried).subtracting(untried) == [])
  }
}

/// A graph of operators, what it is fed with, and what TensorFlow answered.
private struct OperatorCases {
  let meta: MetaGraph
  let session: Session
  let expected: any TensorSource
  let feeds: [Endpoint: Tensor]

  init(_ set: String) throws {
    let (prefix, path) = (set == "operators" ? "" : set + "_", fixture("operators/" + set))
    meta = try MetaGraph(reading: path + ".meta")
    session = try Session(
      meta, path: path + ".meta", checkpoint: set == "operators" ? try openCheckpoint(path) : nil)
    expected = try openCheckpoint(fixture("operators/\(prefix)expected.npz"))
    let inputs = try openCheckpoint(fixture("operators/\(prefix)inputs.npz"))
    feeds = Dictionary(
      uniqueKeysWithValues: try inputs.tensors.map {
        (Endpoint($0.name.description), try inputs.tensor($0.name.description))
      })
  }
}

extension Tensor {
  /// Integers and NaN must agree, floats within a few units of the last place, or of that of the largest.
  func isClose(to other: Tensor, relativeToLargest share: Float = 0) -> Bool {
    switch dtype {
    case .float32:
      let wanted = other.array(of: Float.self)
      let slack = 2e-6 + (share == 0 ? 0 : share * (wanted.map(abs).filter(\.isFinite).max() ?? 0))
      return zip(array(of: Float.self), wanted).allSatisfy { a, b in
        a == b || (a.isNaN && b.isNaN) || abs(a - b) <= slack + 4e-6 * abs(b)
      }
    case .float64:
      return zip(array(of: Double.self), other.array(of: Double.self)).allSatisfy {
        abs($0 - $1) <= 1e-12 * (1 + abs($1))
      }
    case .half, .bfloat16: return array(of: UInt16.self) == other.array(of: UInt16.self)
    case .int64: return array(of: Int64.self) == other.array(of: Int64.self)
    case .int32: return array(of: Int32.self) == other.array(of: Int32.self)
    case .uint8, .bool: return array(of: UInt8.self) == other.array(of: UInt8.self)
    default: return false
    }
  }

  /// Numbers must be the same.
  func isEqual(to other: Tensor) -> Bool {
    dtype == .float32 ? array(of: Float.self) == other.array(of: Float.self) : isClose(to: other)
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
