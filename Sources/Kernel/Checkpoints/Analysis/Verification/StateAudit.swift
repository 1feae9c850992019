import Bytes

/// Checks a state file: that it can be read, and that every checkpoint it names is where it says.
struct StateAudit {
  private let path: String
  private var findings: [KernelError] = []
  private var listed = 0
  /// The checkpoints that were found, in the order of the list.
  private(set) var checkpoints: [(location: CheckpointLocation, path: String)] = []

  /// - Throws: ``KernelError`` when the file may not be read.
  init(_ path: String) throws {
    self.path = path
    do {
      let state = try CheckpointState(reading: path)
      let names = state.all.contains(state.latest) ? state.all : state.all + [state.latest]
      listed = names.count
      for name in names { locate(name, in: Path.folder(of: path)) }
      if !state.timestamps.isEmpty, state.timestamps.count != state.all.count {
        report("has \(state.timestamps.count) timestamps for \(state.all.count) checkpoints")
      }
    } catch let error as KernelError where error.kind == .badData {
      findings.append(error)
    }
    if let last = findings.indices.last, findings[last].hint == nil {
      findings[last].hint = "`ckpt-tool state \(Path.folder(of: path)) --repair` makes it name what is there"
    }
  }

  var verification: Verification {
    Verification(path: path, subject: .state(checkpointCount: listed), findings: findings)
  }

  private mutating func locate(_ name: String, in folder: String) {
    let target = Path.join(folder, name)
    if let location = CheckpointLocation.find(target) {
      checkpoints.append((location, target))
      return
    }
    // A folder that was moved or copied still holds what its absolute paths name.
    let moved = Path.join(folder, Path.name(of: name))
    if let location = CheckpointLocation.find(moved) {
      report("names \(name), which does not exist, though \(moved) does")
      checkpoints.append((location, moved))
    } else {
      report("names \(name), which does not exist")
    }
  }

  private mutating func report(_ problem: String) {
    findings.append(KernelError(.badData, path, problem.printable))
  }
}
