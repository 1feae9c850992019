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
    generator(for: node, blocks: 256 &* UInt64(count))
  }

  /// - Parameter blocks: how many the run may use.
  func generator(for node: Node, blocks: UInt64) -> (Philox, first: UInt64) {
    let (first, second) = (node.attributes.int("seed") ?? 0, node.attributes.int("seed2") ?? 0)
    let start = used[node.name] ?? 0
    used[node.name] = start &+ blocks
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
    // Normal with mean 0 and deviation 1.
    Operator("RandomStandardNormal", isStateful: true) { _ in
      { call in
        let result = try call.randomResult()
        let out = result.mutableFloats
        let (generator, first) = call.context.random.generator(for: call.node, taking: out.count)
        call.threads.split(out.count, grain: 1 << 12) { part in
          for block in part.lowerBound / 4..<(part.upperBound + 3) / 4 {
            let words = generator.block(first &+ UInt64(block))
            let (a, b) = (Philox.normals(words[0], words[1]), Philox.normals(words[2], words[3]))
            let values = SIMD4(a.0, a.1, b.0, b.1)
            for lane in 0..<min(4, out.count - 4 * block) { out[4 * block + lane] = values[lane] }
          }
        }
        call.outputs = [result]
      }
    },
    // The same without those beyond two deviations. Four at a time have 256 blocks of words to choose from.
    Operator("TruncatedNormal", isStateful: true) { _ in
      { call in
        let result = try call.randomResult()
        let out = result.mutableFloats
        let (generator, first) = call.context.random.generator(for: call.node, taking: out.count)
        call.threads.split(out.count, grain: 1 << 12) { part in
          for group in part.lowerBound / 4..<(part.upperBound + 3) / 4 {
            var next = 4 * group
            let end = min(out.count, next + 4)
            var block = first &+ 256 &* UInt64(group)
            while next < end {
              let words = generator.block(block)
              block &+= 1
              let (a, b) = (Philox.normals(words[0], words[1]), Philox.normals(words[2], words[3]))
              let values = SIMD4(a.0, a.1, b.0, b.1)
              for lane in 0..<4 where abs(values[lane]) < 2 && next < end {
                out[next] = values[lane]
                next += 1
              }
            }
          }
        }
        call.outputs = [result]
      }
    },
    // value: its rows in another order. Each in turn changes places with one of those from it on.
    Operator("RandomShuffle", isStateful: true) { _ in
      { call in
        try call.expect(1)
        guard let rows = call.inputs[0].shape.dimensions.first, rows > 1, call.inputs[0].elementCount > 1 else {
          call.outputs = call.inputs
          return
        }
        let (generator, first) = call.context.random.generator(for: call.node, blocks: UInt64(rows + 2) / 4)
        var order = Array(0..<rows)
        for row in 0..<rows - 1 {
          let word = generator.block(first &+ UInt64(row / 4))[row % 4]
          order.swapAt(row, row + Int(word % UInt32(truncatingIfNeeded: rows - row)))
        }
        call.outputs = [try call.rows(order)]
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
