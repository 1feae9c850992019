import Bytes
import Tensors

// The checks that safetensors and npz share before they take the tensors of a checkpoint.

/// The name as text, which these formats need and TensorFlow does not.
func utf8Name(of info: TensorInfo, path: String, format: String) throws -> String {
  guard let name = String(validating: info.name.utf8, as: UTF8.self) else {
    throw KernelError(
      .usage, path, at: .tensor(info.name.description), "its name is not valid UTF-8, which \(format) files need",
      hint: "rename the tensor")
  }
  return name
}

/// The error for a tensor whose type a format lacks.
func unsupported(_ info: TensorInfo, path: String, format: String) -> KernelError {
  KernelError(
    .usage, path, at: .tensor(info.name.description), "\(format) files cannot hold \(info.dtype.name)",
    hint: "leave it out: --except '\(info.name.description.printable)'")
}

/// Checks, before any work, that `path` can be created and its disk has room for `byteCount` bytes.
func checkRoom(at path: String, existing: AtomicFile.Existing, byteCount: Int) throws {
  try checkRoom(in: Path.folder(of: path), byteCount: byteCount)
  try AtomicFile.checkTarget(path, existing: existing)
}

/// Checks that `folder` is one, and that its disk has room for `byteCount` bytes.
package func checkRoom(in folder: String, byteCount: Int) throws {
  guard let status = FileStatus(folder) else {
    throw KernelError(.cannotCreate, folder, "no such folder", hint: "create it first: mkdir -p \(folder)")
  }
  guard status.isDirectory else { throw KernelError(.cannotCreate, folder, "is a file, not a folder") }
  if let free = freeSpace(at: folder), free < byteCount {
    throw KernelError(
      .io, folder, "\(byteCount) bytes are needed but only \(free) are free",
      hint: "free some space or write to another disk")
  }
}
