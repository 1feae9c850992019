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
    let folder = Path.folder(of: path)
    do {
      let listings = try StateFolder(folder).report()
      listed = listings.count
      for listing in listings {
        if let problem = listing.problem { report("names \(listing.path), which \(problem)") }
        locate(listing.path, in: folder)
      }
      let state = try CheckpointState(reading: path)
      if !state.timestamps.isEmpty, state.timestamps.count != state.all.count {
        report("has \(state.timestamps.count) timestamps for \(state.all.count) checkpoints")
      }
    } catch let error as KernelError where error.kind == .badData {
      findings.append(error)
    }
    if let last = findings.indices.last, findings[last].hint == nil {
      findings[last].hint = "`ckpt-tool state \(folder) --repair` makes it name what is there"
    }
  }

  var verification: Verification {
    Verification(path: path, subject: .state(checkpointCount: listed), findings: findings)
  }

  private mutating func locate(_ name: String, in folder: String) {
    // A folder that was moved or copied still holds what its absolute paths name.
    for path in [Path.join(folder, name), Path.join(folder, Path.name(of: name))] {
      guard let location = CheckpointLocation.find(path) else { continue }
      checkpoints.append((location, path))
      return
    }
  }

  private mutating func report(_ problem: String) {
    findings.append(KernelError(.badData, path, problem.printable))
  }
}
