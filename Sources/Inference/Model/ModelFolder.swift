import Bytes
import Checkpoints

/// Where the model of a folder is.
package enum ModelFolder {
  private static let baseName = "inference_model"

  /// The prefix of the model in `folder`: `inference_model`, as the programs of the challenge export it, or what the
  /// `checkpoint` state file names, or the only checkpoint there.
  ///
  /// - Throws: ``KernelError`` `.noInput` when there is none.
  package static func model(in folder: String) throws -> String {
    guard !folder.isEmpty else { throw KernelError(.usage, "", "the model's folder has an empty name") }
    guard FileStatus(folder)?.isDirectory == true else {
      throw KernelError(.noInput, folder, "is not a folder", hint: "a model's prefix is given with --model")
    }
    // The starter code of 2019 exports into a folder of that name.
    for name in [baseName, Path.join(baseName, baseName)] {
      let prefix = Path.join(folder, name)
      if FileStatus.exists(prefix + ".meta") || CheckpointLocation.find(prefix) != nil { return prefix }
    }
    let indexes = try namesInFolder(folder).filter { $0.hasSuffix(".index") }
    if !FileStatus.exists(Path.join(folder, CheckpointState.fileName)), indexes.count == 1 {
      return Path.join(folder, String(indexes[0].dropLast(".index".count)))
    }
    return folder
  }
}
