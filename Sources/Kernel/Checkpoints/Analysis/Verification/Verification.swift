import Bytes

/// What checking a checkpoint, or a state file, brought to light.
public struct Verification: Sendable, Equatable {
  /// What was checked.
  public enum Subject: Sendable, Equatable {
    case checkpoint(tensorCount: Int, byteCount: Int)
    case state(checkpointCount: Int)
  }

  public let path: String
  public let subject: Subject
  /// Everything that is wrong: file by file, each damaged tensor by name. The likely cause is the hint of a file's
  /// last finding.
  public let findings: [KernelError]

  public var isSound: Bool { findings.isEmpty }
}

/// Checks checkpoints as far as they can be: every checksum, bound and size, and that every byte of the data files
/// belongs to exactly one tensor. Goes on after the first fault.
///
/// Memory: the index; of containers other than bundles, what ``TensorSource/contents(of:)`` takes.
public struct Verifier: Sendable {
  let workers: Workers
  let progress: @Sendable (_ done: Int, _ total: Int) -> Void

  public init(
    _ workers: Workers = Workers(),
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) {
    self.workers = workers
    self.progress = progress
  }

  /// Checks what `path` names; a folder or a state file means the state and every checkpoint that it lists.
  ///
  /// - Throws: ``KernelError`` only when there is nothing to check, or it may not be read.
  public func verify(_ path: String) throws -> [Verification] {
    guard let state = Verifier.stateFile(path) else { return [try verify(CheckpointLocation(path), path)] }
    let audit = try StateAudit(state)
    return try [audit.verification] + audit.checkpoints.map { try verify($0.location, $0.path) }
  }

  /// The state file that `path` is, or that lies in the folder that it is.
  private static func stateFile(_ path: String) -> String? {
    if FileStatus(path)?.isDirectory == true {
      let file = Path.join(path, CheckpointState.fileName)
      return FileStatus.exists(file) ? file : nil
    }
    let isState = Path.name(of: path) == CheckpointState.fileName && FileStatus(path)?.isRegular == true
    // A V1 checkpoint may have that name too.
    return isState && CheckpointLocation.find(path) == nil ? path : nil
  }

  private func verify(_ location: CheckpointLocation, _ path: String) throws -> Verification {
    do {
      if case .bundle(let prefix) = location { return try BundleAudit(prefix: prefix).verification(self) }
      return try verify(try openCheckpoint(path))
    } catch let error as KernelError where error.kind == .badData {
      return Verification(path: path, subject: .checkpoint(tensorCount: 0, byteCount: 0), findings: [error])
    }
  }

  /// Reads every tensor of a container that is not a bundle; its own reader checks all there is to check.
  private func verify(_ source: any TensorSource) throws -> Verification {
    let sizes = source.tensors.map(\.byteCount)
    let meter = WorkMeter(total: sizes.saturatedSum, progress)
    let findings = try workers.map(sizes: sizes) { index, _ -> KernelError? in
      defer { meter.add(sizes[index]) }
      do {
        _ = try source.checkedContents(of: index)
        return nil
      } catch let error as KernelError { return error }
    }
    return Verification(
      path: source.path, subject: .checkpoint(tensorCount: sizes.count, byteCount: sizes.saturatedSum),
      findings: findings.compactMap { $0 })
  }
}
