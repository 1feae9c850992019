import Bytes
import Checkpoints
import Glibc
import Inference

/// A folder (`--train_dir`) with the checkpoints `model.ckpt-N` of a training, N the number of the step.
///
/// Only one training at a time can have it.
package final class TrainingFolder {
  package let path: String
  private let lock: Int32
  private let maker = FolderMaker()

  private static let stem = "model.ckpt-"

  /// Makes the folder if it is missing.
  ///
  /// - Throws: ``KernelError`` `.cannotCreate` when it cannot be made, or another training has it.
  package init(_ path: String) throws {
    self.path = path
    try maker.makeWithParents(path)
    lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard lock >= 0 else { throw SystemError().writing(path) }
    // A process that was just killed takes a while to give its memory back, and only then its locks.
    for _ in 0..<40 {
      // A file system without locks is no reason to refuse.
      if retryingInterrupts({ flock(lock, LOCK_EX | LOCK_NB) }) == 0 || errno != EWOULDBLOCK { return }
      usleep(50_000)
    }
    close(lock)
    throw KernelError(.cannotCreate, path, "another training is going on in it")
  }

  deinit { close(lock) }

  /// Takes the folder away again if it was missing before and nothing is in it.
  func removeIfMade() { maker.removeMade() }

  /// The prefix of the checkpoint of a step.
  package func prefix(_ step: Int) -> String { TrainingFolder.prefix(step, in: path) }

  /// The prefix of the checkpoint of a step in a folder.
  package static func prefix(_ step: Int, in path: String) -> String { Path.join(path, stem + "\(step)") }

  /// The steps that have whole checkpoints, ascending.
  package var steps: [Int] { get throws { try TrainingFolder.steps(in: path) } }

  /// The steps that have whole checkpoints in a folder, ascending; whoever is training there.
  ///
  /// A checkpoint is whole if its index is there, which comes last. Whatever the `checkpoint` file says, which others
  /// overwrite, the newest is that of the highest step (specs: miha2018 §2.3).
  package static func steps(in path: String) throws -> [Int] {
    try namesInFolder(path).compactMap { name in
      guard name.hasPrefix(stem), name.hasSuffix(".index") else { return nil }
      return Int(name.dropFirst(stem.count).dropLast(".index".count))
    }.sorted()
  }

  /// The prefix of the newest checkpoint of a folder.
  ///
  /// - Throws: ``KernelError`` `.noInput` when there is none.
  package static func newest(in path: String) throws -> String {
    guard FileStatus(path)?.isDirectory == true else { throw KernelError(.noInput, path, "is not a folder") }
    guard let step = try steps(in: path).last else {
      throw KernelError(.noInput, path, "holds no checkpoint \(stem)N", hint: "has the training begun?")
    }
    return prefix(step, in: path)
  }

  /// Removes what a training leaves: checkpoints, events, flags. Other files stay.
  ///
  /// - Throws: ``KernelError`` `.cannotCreate` for a file that cannot be removed.
  package func clear() throws {
    for name in try namesInFolder(path)
    where name.hasPrefix(TrainingFolder.stem) || name.hasPrefix("events.out.tfevents.")
      || [CheckpointState.fileName, ModelFlags.fileName, Hyperparameters.fileName].contains(name)
    {
      let file = Path.join(path, name)
      guard unlink(file) == 0 else { throw SystemError().writing(file) }
    }
  }

  /// Removes what runs that were killed left: files of checkpoints whose index never came, or is gone, and files that
  /// had not got their names yet.
  ///
  /// - Throws: ``KernelError`` when the folder cannot be read.
  package func removeLeftovers() throws {
    let whole = Set(try steps)
    let hidden =
      [CheckpointState.fileName, ModelFlags.fileName, Hyperparameters.fileName].map { ".\($0)." }
      + ["." + TrainingFolder.stem]
    for name in try namesInFolder(path) where name.hasSuffix(".tmp") && hidden.contains(where: name.hasPrefix) {
      unlink(Path.join(path, name))
    }
    for name in try namesInFolder(path) where name.hasPrefix(TrainingFolder.stem) {
      let parts = name.dropFirst(TrainingFolder.stem.count).split(separator: ".", maxSplits: 1)
      guard parts.count == 2, let step = Int(parts[0]), !whole.contains(step),
        parts[1] == "meta" || parts[1] == "training.json" || parts[1].hasPrefix("data-"),
        // A checkpoint of the first version has a graph and no index.
        !FileStatus.exists(prefix(step))
      else { continue }
      unlink(Path.join(path, name))
    }
  }

  /// Removes the checkpoint of a step; its index goes first, so that nothing takes what is left for a checkpoint.
  func remove(_ step: Int) throws {
    let name = TrainingFolder.stem + "\(step)"
    unlink(Path.join(path, name + ".index"))
    for other in try namesInFolder(path) where other.hasPrefix(name + ".") { unlink(Path.join(path, other)) }
  }

  /// Makes the `checkpoint` file name what is there.
  func writeState() throws {
    let names = try steps.map { TrainingFolder.stem + "\($0)" }
    guard let latest = names.last else { return }
    try CheckpointState(latest: latest, all: names).write(to: path)
  }
}
