import Bytes
import Checkpoints
import Tensors

/// Float32 tensors at hand, as a checkpoint.
struct Memory: TensorSource {
  let path = "memory"
  let tensors: [TensorInfo]
  private let values: [ByteView]

  init(_ tensors: [String: [Float]]) {
    let sorted = tensors.sorted { $0.key < $1.key }
    self.tensors = sorted.map { name, values in
      TensorInfo(
        name: TensorName(name), dtype: .float32, shape: Shape([values.count])!, byteCount: 4 * values.count)
    }
    values = sorted.map { _, values in values.withUnsafeBytes { ByteView([UInt8]($0)) } }
  }

  func contents(of index: Int) throws -> TensorContents { TensorContents(bytes: values[index]) }

  /// The only tensor.
  static func tensor(_ values: [Float]) -> TensorRef { TensorRef(Memory(["x": values]), 0) }
}

/// Repeatable random numbers.
struct Random {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  /// Evenly between 0 and 1 (splitmix64).
  mutating func uniform() -> Double {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }
}
