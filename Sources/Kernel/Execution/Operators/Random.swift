import Bytes
import Glibc
import Graphs
import Tensors

/// Where each random operator of a session is in its stream of numbers.
package final class RandomState {
  private let seed: UInt64?
  /// The number of the first block that no run has had, by the names of nodes.
  var used: [String: UInt64] = [:]

  /// - Parameter seed: for operators without a seed of their own; `nil` takes one from the system.
  init(seed: UInt64?) { self.seed = seed }

  /// The generator of a node, and the number of its first block that no run has had.
  ///
  /// - Parameter count: how many numbers this run takes. A run leaves 256 blocks for each, as TensorFlow does.
  func generator(for node: Node, taking count: Int) -> (Philox, first: UInt64) {
    let (first, second) = (node.attributes.int("seed") ?? 0, node.attributes.int("seed2") ?? 0)
    let start = used[node.name] ?? 0
    used[node.name] = start &+ 256 &* UInt64(count)
    if first == 0, second == 0 {
      return (Philox(seed: sessionSeed, stream: RandomState.hash(node.name)), start)
    }
    return (Philox(seed: UInt64(bitPattern: Int64(first)), stream: UInt64(bitPattern: Int64(second))), start)
  }

  private lazy var sessionSeed: UInt64 = seed ?? .random(in: .min ... .max)

  /// FNV-1a: operators without seeds must not all draw the same numbers.
  private static func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}

extension Operator {
  /// Random numbers: shape; seed, seed2. The same numbers as TensorFlow's for the same seeds.
  static let random: [Operator] = [
    // Uniform in [0, 1).
    Operator("RandomUniform", isStateful: true) { _ in
      { call in
        let result = try call.randomResult()
        let out = result.mutableFloats
        let (generator, first) = call.context.random.generator(for: call.node, taking: out.count)
        call.threads.split(out.count, grain: 1 << 12) { part in
          for block in part.lowerBound / 4..<(part.upperBound + 3) / 4 {
            let words = generator.block(first &+ UInt64(block))
            for lane in 0..<min(4, out.count - 4 * block) { out[4 * block + lane] = Philox.unit(words[lane]) }
          }
        }
        call.outputs = [result]
      }
    },
    // Normal with mean 0 and deviation 1, by Box and Muller's transform of two words each.
    Operator("RandomStandardNormal", isStateful: true) { _ in
      { call in
        let result = try call.randomResult()
        let out = result.mutableFloats
        let (generator, first) = call.context.random.generator(for: call.node, taking: out.count)
        call.threads.split(out.count, grain: 1 << 12) { part in
          for block in part.lowerBound / 4..<(part.upperBound + 3) / 4 {
            let words = generator.block(first &+ UInt64(block))
            for lane in 0..<min(4, out.count - 4 * block) {
              let pair = lane & 2
              let radius = (-2 * log(max(Philox.unit(words[pair]), 1e-7))).squareRoot()
              let angle = 2 * Float.pi * Philox.unit(words[pair + 1])
              out[4 * block + lane] = radius * (lane & 1 == 0 ? sin(angle) : cos(angle))
            }
          }
        }
        call.outputs = [result]
      }
    },
    // shape, low, high: low + word mod (high - low)
    Operator("RandomUniformInt", isStateful: true) { _ in
      { call in
        try call.expect(3)
        let shape = try call.shape(try call.integers(0))
        let (low, high) = (try call.integer(1), try call.integer(2))
        guard low < high, call.inputs[1].dtype == .int32, call.inputs[2].dtype == .int32 else {
          throw call.unsupported()
        }
        let result = try call.allocate(.int32, shape)
        let out = result.mutableElements(Int32.self)
        let (generator, first) = call.context.random.generator(for: call.node, taking: out.count)
        let range = UInt32(high - low)
        for block in 0..<(out.count + 3) / 4 {
          let words = generator.block(first &+ UInt64(block))
          for lane in 0..<min(4, out.count - 4 * block) {
            out[4 * block + lane] = Int32(truncatingIfNeeded: low + Int(words[lane] % range))
          }
        }
        call.outputs = [result]
      }
    },
  ]
}

extension Call {
  fileprivate func randomResult() throws -> Tensor {
    try expect(1)
    let dtype = node.attributes.type("dtype")?.dtype ?? .float32
    guard dtype == .float32 else { throw error("random numbers of type \(dtype.name) are not supported") }
    return try allocate(.float32, try shape(try integers(0)))
  }
}
