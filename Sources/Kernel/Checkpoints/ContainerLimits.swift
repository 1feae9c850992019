import Bytes
import Tensors

/// The checks that safetensors and npz share before they take tensors of a checkpoint.

/// The name as text, which these formats need and TensorFlow does not.
func utf8Name(of info: TensorInfo, path: String, format: String) throws -> String {
  guard let name = String(validating: info.name.utf8, as: UTF8.self) else {
    throw KernelError(
      .usage, path, at: .tensor(info.name.description), "its name is not valid UTF-8, which \(format) files need",
      hint: "rename the tensor")
  }
  return name
}

/// Checks that no two tensors have the same name and that their sizes add up without overflow, headers included.
func checkTogether(_ tensors: [TensorInfo], path: String) throws {
  let names = tensors.map(\.name).sorted()
  for (a, b) in zip(names, names.dropFirst()) where a == b {
    throw KernelError(.usage, path, at: .tensor(a.description), "two tensors would have this name")
  }
  var room = Int.max / 2
  for tensor in tensors {
    guard tensor.byteCount <= room else {
      throw KernelError(.usage, path, at: .tensor(tensor.name.description), "the file would exceed any disk")
    }
    room -= tensor.byteCount
  }
}

/// The error for a tensor whose type a format lacks.
func unsupported(_ info: TensorInfo, path: String, format: String) -> KernelError {
  let hint =
    Widening.isNumeric(info.dtype) ? "cast or drop it first" : "leave it out: drop '\(info.name.description.printable)'"
  return KernelError(
    .usage, path, at: .tensor(info.name.description), "\(format) files cannot hold \(info.dtype.name)", hint: hint)
}
