import Bytes

/// Opens whatever container `path` names, for reading.
///
/// - Parameter path: any of the names that ``CheckpointLocation`` understands.
/// - Throws: ``KernelError`` when nothing is there or its directory of tensors is damaged.
public func openCheckpoint(_ path: String) throws -> any TensorSource {
  switch try CheckpointLocation(path) {
  case .bundle(let prefix): try Bundle(prefix: prefix)
  case .v1(let prefix, let files): try V1Checkpoint(prefix: prefix, files: files)
  case .safetensors(let file): try SafetensorsFile(path: file)
  case .npz(let file): try NpzFile(path: file)
  }
}
