/// Input files that can be read more than once: standard input and pipes are first copied to unnamed files.
///
/// Disk: as much as the pipes give, in `$TMPDIR`.
package final class RereadableFiles {
  /// What messages call the files.
  package let names: [String]
  /// What to open.
  package let paths: [String]
  private let spools: [SpoolFile]

  /// - Throws: ``KernelError`` `.noInput` when a pipe cannot be opened; other files are not looked at.
  package init(_ files: [String]) throws {
    var spools: [SpoolFile] = []
    paths = try files.map { file in
      let isStandardInput = file == FileArguments.standardInput
      guard isStandardInput || FileStatus(file)?.isStream == true else { return file }
      let spool = try SpoolFile()
      try spool.append(isStandardInput ? FileReader.standardInput() : FileReader(file))
      spools.append(spool)
      return spool.path
    }
    names = files.map { FileArguments.displayName(of: $0) }
    self.spools = spools
  }
}
