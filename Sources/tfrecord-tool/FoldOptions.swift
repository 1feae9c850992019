import ArgumentParser
import Bytes
import Records
import Terminal

/// The options of `split --folds`, and what it prints.
struct FoldOptions: ParsableArguments {
  @Option(help: ArgumentHelp("List the files of K folds.", valueName: "k")) var folds: Int?
  @Option(
    help: ArgumentHelp("How to shuffle the files first; 0, the default, leaves their order.", valueName: "number"))
  var splitSeed: UInt32?
  @Option(help: ArgumentHelp("List only this fold, from 0.", valueName: "f")) var fold: Int?
  @Option(help: ArgumentHelp("List only this side of the folds.", valueName: "train|test")) var part: Part?
  @Flag(
    inversion: .prefixedNo,
    help: "Add to each side the files whose paths have validate in place of train, as the reference does.")
  var twins = true
  @OptionGroup var format: JSONFlag

  enum Part: String, ExpressibleByArgument, CaseIterable { case train, test }

  /// Checks what depends on `--folds` being there.
  func validateUse() throws {
    guard let folds else {
      if fold != nil || part != nil || splitSeed != nil || !twins || format.json {
        throw ValidationError("--fold, --part, --split-seed, --no-twins and --json go with --folds")
      }
      return
    }
    if folds < 2 { throw ValidationError("--folds must be 2 or more, not \(folds)") }
    if let fold, !(0..<folds).contains(fold) {
      throw ValidationError("--fold must be 0 to \(folds - 1), not \(fold)")
    }
  }

  func list(_ files: [String], _ diagnostics: Diagnostics) throws {
    let folds = folds ?? 2
    guard files.count >= folds, UInt32(exactly: files.count) != nil else {
      throw KernelError(.usage, "", "\(files.count) files cannot make \(folds) folds")
    }
    warnOfMissingTwins(files, diagnostics)
    let all = FoldAssignment(fileCount: files.count, foldCount: folds, seed: splitSeed ?? 0).folds
    let chosen = all.enumerated().filter { fold == nil || $0.offset == fold }
    func paths(_ fold: FoldAssignment.Fold, _ part: Part) -> [String] {
      FoldAssignment.paths(part == .train ? fold.train : fold.test, of: files, withTwins: twins)
    }
    let parts = part.map { [$0] } ?? Part.allCases
    if format.json {
      let json = JSONWriter(StandardOutput.shared)
      try json.array {
        for (number, fold) in chosen {
          try json.object {
            try json.member("fold", number)
            for part in parts {
              try json.array(part.rawValue) { for path in paths(fold, part) { try json.value(path) } }
            }
          }
        }
      }
      return
    }
    for (number, fold) in chosen {
      for part in parts {
        let start = self.fold != nil && self.part != nil ? "" : "\(number)\t\(part.rawValue)\t"
        for path in paths(fold, part) { try StandardOutput.shared.line(start + path.printable) }
      }
    }
  }

  private func warnOfMissingTwins(_ files: [String], _ diagnostics: Diagnostics) {
    guard twins else { return }
    let missing = files.filter { file in
      guard let twin = FoldAssignment.validationTwin(of: file) else { return false }
      return FileStatus.exists(file) && !FileStatus.exists(twin)
    }
    guard let first = missing.first, let twin = FoldAssignment.validationTwin(of: first) else { return }
    diagnostics.warning(
      "\(missing.count) validation files are not there, such as \(twin)", hint: "--no-twins leaves them out")
  }
}
