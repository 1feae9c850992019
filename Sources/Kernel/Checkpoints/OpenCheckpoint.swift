import Bytes

/// Opens whatever container `path` names, for reading.
///
/// - Parameter path: any of the names that ``CheckpointLocation`` understands.
/// - Throws: ``KernelError`` when nothing is there or its directory of tensors is damaged.
public func openCheckpoint(_ path: String) throws -> any TensorSource {
  switch try CheckpointLocation(path) {
  case .bundle(let prefix): return try Bundle(prefix: prefix)
  case .v1(_, let files):
    throw KernelError(.badData, files.first ?? path, "is a V1 checkpoint")
  case .safetensors(let file), .npz(let file):
    throw KernelError(.badData, file, "is not a bundle")
  }
}
