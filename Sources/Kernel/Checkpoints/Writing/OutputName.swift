import Bytes

/// What the name of an output means; names that cannot be meant are refused before any work.
enum OutputName {
  case bundle(prefix: String)
  case safetensors(String)
  case npz(String)

  /// Extensions of files that other programs write, and that a bundle so named would be taken for.
  private static let foreign: Set<String> = [
    "npy", "npz", "safetensors", "h5", "hdf5", "keras", "pt", "pth", "onnx", "tflite", "tgz", "gz", "tar", "zip",
  ]

  /// - Parameter path: a file with one of our extensions, a bundle's prefix, or one of the bundle's files.
  /// - Throws: ``KernelError`` `.usage` for a folder, standard output, or a foreign extension.
  init(_ path: String) throws {
    let name = Path.name(of: path)
    guard !path.isEmpty else { throw KernelError(.usage, "", "the result has an empty name") }
    guard path != "-" else {
      throw KernelError(
        .usage, "", "a checkpoint cannot go to standard output",
        hint: "name a prefix, or a file ending in .safetensors or .npz")
    }
    guard !["", ".", ".."].contains(name), FileStatus(path)?.isDirectory != true else {
      throw KernelError(
        .usage, path, "names a folder, not a checkpoint",
        hint: "add a name, as in \(path.hasSuffix("/") ? path : path + "/")model")
    }
    if path.hasSuffix(".safetensors") {
      self = .safetensors(path)
    } else if path.hasSuffix(".npz") {
      self = .npz(path)
    } else {
      let ending = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().last?.lowercased() ?? ""
      guard !OutputName.foreign.contains(ending) else {
        throw KernelError(
          .usage, path, "checkpoints are not written as .\(ending)",
          hint: "end the name in .safetensors or .npz, or leave the ending out for a TensorFlow checkpoint")
      }
      self = .bundle(prefix: CheckpointLocation.prefix(of: path))
    }
  }
}
