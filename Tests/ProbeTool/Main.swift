import ArgumentParser
import Bytes
import Glibc
import Terminal

/// A program with nothing but the conventions all programs share; the tests run it as a user would.
@main enum Main {
  static func main() { Program.main(Probe.self) }
}

struct Probe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe", abstract: "Shows what the shared conventions do.", version: Program.versionLine("probe"),
    subcommands: [Echo.self, Fail.self, Flood.self, Touch.self, List.self, Work.self, Group.self])
}

/// Prints the arguments as parsed.
struct Echo: ParsableCommand {
  @Flag(inversion: .prefixedNo) var runOnce = true
  @Flag var startNewModel = false
  @Option var trainDataPattern = ""
  @Option var topK = 20
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var quiet: QuietOptions
  @Argument var names: [String] = []

  func run() throws {
    let output = StandardOutput.shared
    try output.line("run-once \(runOnce), start-new-model \(startNewModel)")
    try output.line("train-data-pattern '\(trainDataPattern)', top-k \(topK), names \(names)")
    quiet.diagnostics.warning("a warning", hint: "a remedy")
    quiet.diagnostics.note("a note")
    quiet.diagnostics.detail("a detail")
  }
}

/// Fails in the way asked for.
struct Fail: ParsableCommand {
  @Option var kind = ""
  @Flag var early = false

  func validate() throws { if early { try fail() } }

  func run() throws {
    try StandardOutput.shared.line("before")
    try fail()
  }

  private func fail() throws {
    switch kind {
    case "data": throw KernelError(.badData, "a.index", at: .byte(4096), "checksum differs", hint: "copy it again")
    case "missing": throw KernelError(.noInput, "a\nb", "no such file or directory")
    case "no": throw ExitStatus.no
    case "validation": throw ValidationError("--a and --b exclude each other")
    case "large-file":
      let file = try AtomicFile("large", existing: .refuse)
      try file.write([UInt8](repeating: 1, count: 1 << 20))
    default: throw SystemError(EIO)
    }
  }
}

/// Writes lines for ever.
struct Flood: ParsableCommand {
  func run() throws { while true { try StandardOutput.shared.line("line") } }
}

/// Cuts its own mapped input short and reads on.
struct Touch: ParsableCommand {
  @Argument var path: String

  func run() throws {
    let file = try MappedFile(path)
    guard truncate(path, 0) == 0 else { throw SystemError() }
    let last = file.view.withUnsafeBytes { $0[$0.count - 1] }
    try StandardOutput.shared.line("\(last)")
  }
}

/// Prints a table or JSON.
struct List: ParsableCommand {
  @OptionGroup var format: JSONFlag

  func run() throws {
    let names = ["tower/fully_connected/weights", "global_step"]
    if format.json {
      let json = JSONWriter(StandardOutput.shared)
      return try json.object { try json.member("names", names) }
    }
    var table = Table([.init("name", isFlexible: true), .init("bytes", .right)])
    for name in names { table.append([name, "\(name.utf8.count)"]) }
    try table.write()
  }
}

/// Reports progress for a little more than a second.
struct Work: ParsableCommand {
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let progress = progress.start("working", quiet)
    defer { progress.finish() }
    for step in 0...12 {
      progress.report(step * 100_000, 1_200_000)
      usleep(100_000)
    }
  }
}

/// Does nothing by itself.
struct Group: ParsableCommand {
  static let configuration = CommandConfiguration(subcommands: [Member.self])

  struct Member: ParsableCommand {
    @Flag var loud = false

    func run() throws { try StandardOutput.shared.line("loud \(loud)") }
  }
}
