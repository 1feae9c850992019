import Bytes
import Tensors

/// A tensor's values as bytes, row-major and little-endian, without anything around them.
public enum RawValues {
  /// Writes the tensor of the checkpoint at `path` whose checked contents `bytes` are: numbers as they are stored,
  /// variants in their encoding, a scalar string without its length.
  ///
  /// - Throws: ``KernelError`` `.usage` for more than one string, whose ends would be lost, and what `sink` throws.
  public static func write(_ info: TensorInfo, _ bytes: ByteView, of path: String, to sink: any ByteSink) throws {
    guard info.dtype == .string else { return try bytes.withUnsafeBytes { try sink.write($0) } }
    guard info.shape.elementCount == 1 else {
      throw KernelError(
        .usage, path, at: .tensor(info.name.description),
        "raw bytes cannot tell \(info.shape.elementCount) strings apart", hint: "--text writes them quoted")
    }
    let strings = try bytes.withUnsafeBytes { try StringTensor.decode($0, count: 1) }
    try sink.write(strings[0])
  }
}
