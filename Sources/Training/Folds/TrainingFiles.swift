import Bytes
import Records

/// Which files a training reads, in the ways of the published programs.
package struct TrainingFiles: Sendable, Equatable {
  /// What is read beside the files that the patterns name, or instead of them.
  package enum Choice: Sendable, Equatable {
    case all
    /// Also what the patterns match when each `train` in them is `validate` (2018, `--incl_val`).
    case withValidation
    /// Also each file's validation twin (2017's default).
    case withTwins
    /// All but a fifth of the files, which is fold `number` of a split by `seed`, and the twins of those
    /// (2017, `--use_cv`; ``FoldAssignment``).
    case allButFold(Int, seed: UInt32)
  }

  /// The number of folds that the 2017 programs make.
  package static let foldCount = 5

  /// The files that are read, in the order of the patterns.
  package let files: [String]

  /// - Parameters:
  ///   - patterns: as ``FileArguments`` takes them.
  ///   - heldOut: validation shards that are not read.
  /// - Throws: ``KernelError`` `.noInput` when a pattern matches nothing or a twin is missing, `.usage` for standard
  ///   input and for folds of too few files.
  package init(_ patterns: [String], _ choice: Choice = .all, holdingOut heldOut: HeldOutShards? = nil) throws {
    var files = try FileArguments.expand(patterns)
    guard !files.contains(FileArguments.standardInput) else {
      throw KernelError(.usage, "", "standard input can be read only once, and training reads every epoch anew")
    }
    switch choice {
    case .all: break
    case .withValidation: files += try FileArguments.expand(patterns.compactMap(FoldAssignment.validationTwin))
    case .withTwins: files = FoldAssignment.paths(Array(files.indices), of: files, withTwins: true)
    case .allButFold(let number, let seed):
      let fold = try TrainingFiles.fold(number, seed: seed, fileCount: files.count)
      files = FoldAssignment.paths(fold.train, of: files, withTwins: true)
    }
    if let heldOut { files.removeAll(where: heldOut.contains) }
    for file in files where !FileStatus.exists(file) {
      throw KernelError(
        .noInput, file, "no such file",
        hint: "the validation records that go with the training records are read too")
    }
    guard !files.isEmpty else { throw KernelError(.noInput, "", "there are no record files to read") }
    self.files = files
  }

  private static func fold(_ number: Int, seed: UInt32, fileCount: Int) throws -> FoldAssignment.Fold {
    guard fileCount >= foldCount, fileCount <= Int(UInt32.max) else {
      throw KernelError(.usage, "", "\(foldCount) folds need \(foldCount) files or more, not \(fileCount)")
    }
    guard (0..<foldCount).contains(number) else {
      throw KernelError(.usage, "", "there is no fold \(number): there are the folds 0 to \(foldCount - 1)")
    }
    return FoldAssignment(fileCount: fileCount, foldCount: foldCount, seed: seed).folds[number]
  }
}
