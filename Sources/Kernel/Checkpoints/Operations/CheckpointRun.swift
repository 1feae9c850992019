import Bytes
import Tensors

/// Several checkpoints of one training run, checked to contain the same tensors.
public struct CheckpointRun: Sendable {
  public let sources: [any TensorSource]
  /// The tensors concerned, as the first checkpoint has them, by their index in it.
  let selected: [Int]

  /// - Parameter selection: which tensors count; names it refuses need not agree.
  /// - Throws: ``KernelError`` `.usage` when a tensor is missing somewhere, or differs in shape or kind.
  public init(_ sources: [any TensorSource], selection: (TensorName) -> Bool = { _ in true }) throws {
    guard let first = sources.first else { throw KernelError(.usage, "", "no checkpoints are given") }
    self.sources = sources
    selected = first.tensors.indices.filter { selection(first.tensors[$0].name) }
    guard !selected.isEmpty else { throw KernelError(.usage, first.path, "has no tensors of the kind asked for") }
    for source in sources.dropFirst() {
      for index in selected {
        let info = first.tensors[index]
        guard let other = source.index(of: info.name).map({ source.tensors[$0] }) else {
          throw CheckpointRun.disagreement(
            info, "is missing in \(source.path) but present in \(first.path)")
        }
        guard other.shape == info.shape else {
          throw CheckpointRun.disagreement(
            info, "has shape \(other.shape) in \(source.path) but \(info.shape) in \(first.path)")
        }
        guard other.dtype == info.dtype || other.dtype.isFloat && info.dtype.isFloat else {
          throw CheckpointRun.disagreement(
            info, "is \(other.dtype.name) in \(source.path) but \(info.dtype.name) in \(first.path)")
        }
      }
      for info in source.tensors where selection(info.name) && first.index(of: info.name) == nil {
        throw CheckpointRun.disagreement(info, "is missing in \(first.path) but present in \(source.path)")
      }
    }
  }

  private static func disagreement(_ info: TensorInfo, _ problem: String) -> KernelError {
    KernelError(
      .usage, "", at: .tensor(info.name.description), problem,
      hint: "average checkpoints of one run only, or leave the tensor out with --except")
  }

  /// The same tensor in every checkpoint.
  func refs(of index: Int) -> [TensorRef] {
    let name = sources[0].tensors[index].name
    return sources.enumerated().compactMap { order, source in
      source.index(of: name).map { TensorRef(source, $0, sourceOrder: order) }
    }
  }

  /// The position in ``sources`` of the largest value of the integer scalar `refs`.
  static func position(ofLargest refs: [TensorRef]) throws -> Int {
    let values = try refs.map { try $0.source.integer(at: $0.index) }
    return values.indices.max { values[$0] < values[$1] } ?? 0
  }
}

extension TensorSource {
  /// The value of an integer tensor of one element.
  ///
  /// - Throws: ``KernelError`` `.badData` when the tensor is of another kind.
  func integer(at index: Int) throws -> Int64 {
    let info = tensors[index]
    let bytes = try checkedContents(of: index).bytes
    switch (info.dtype, info.shape.elementCount) {
    case (.int32, 1): return bytes.withUnsafeBytes { Int64($0.loadUnaligned(as: Int32.self)) }
    case (.int64, 1): return bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
    default:
      throw KernelError(
        .badData, path, at: .tensor(info.name.description),
        "is \(info.dtype.name)\(info.shape), not a single int32 or int64")
    }
  }

  /// The training step that the checkpoint was saved at: its `global_step`, or else the number its name ends with.
  public var step: Int64? {
    get throws {
      let found = tensors.indices.first { tensors[$0].name == "global_step" }
      if let found { return try integer(at: found) }
      let digits = path.utf8.reversed().prefix { (0x30...0x39).contains($0) }.reversed()
      return Int64(String(decoding: Array(digits), as: UTF8.self))
    }
  }
}
