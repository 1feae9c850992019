import Bytes
import Checkpoints

/// The state files that `--update-state` brings up to date, read before the long work.
struct FolderStates {
  private var states: [(folder: String, state: CheckpointState)] = []

  /// - Throws: ``KernelError`` for a result that no state file can name, or a state file that cannot be read.
  init(naming writers: [CheckpointWriter]) throws {
    for writer in writers {
      guard case .bundle(let bundle) = writer else {
        throw KernelError(
          .usage, writer.paths.last ?? "", "a checkpoint state file names TensorFlow checkpoints only",
          hint: "leave out --update-state")
      }
      let folder = Path.folder(of: bundle.prefix)
      let old = try states.first { $0.folder == folder }?.state ?? FolderStates.current(folder)
      let name = Path.name(of: bundle.prefix)
      let others = (old?.all ?? []).filter { $0 != name && Path.join(folder, $0) != bundle.prefix }
      states.removeAll { $0.folder == folder }
      states.append((folder, CheckpointState(latest: name, all: others + [name])))
    }
  }

  private static func current(_ folder: String) throws -> CheckpointState? {
    let file = Path.join(folder, CheckpointState.fileName)
    guard FileStatus.exists(file) else { return nil }
    do { return try CheckpointState(reading: file) } catch var error as KernelError {
      error.hint = "mend it first: ckpt-tool state \(folder) --repair"
      throw error
    }
  }

  /// The files that will be written.
  var paths: [String] { states.map { Path.join($0.folder, CheckpointState.fileName) } }

  func write() throws { for (folder, state) in states { try state.write(to: folder) } }
}
