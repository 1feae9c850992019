import TestSupport
import Testing

/// The shared conventions, seen from outside: what `probe` prints, says and returns.
@Suite struct ProgramTests {
  @Test(arguments: [
    ("--train_data_pattern=a_b --top_k 5", "true", "false", "a_b", "5", "[]"),
    ("--train-data-pattern a --run_once=False", "false", "false", "a", "20", "[]"),
    ("--norun_once --nostart-new-model", "false", "false", "", "20", "[]"),
    ("--run-once=True --start_new_model=true", "true", "true", "", "20", "[]"),
    ("--no_run_once=1 --start-new-model=0", "false", "false", "", "20", "[]"),
    ("--no-run-once=False --start-new-model=1", "true", "true", "", "20", "[]"),
    ("--top_k=1 --threads=1 --start_new_model=1", "true", "true", "", "1", "[]"),
    ("--train_data_pattern=True --start_new_model=True", "true", "true", "True", "20", "[]"),
    ("--start_new_model=True -- --run_once=False", "true", "true", "", "20", #"["--run_once=False"]"#),
  ])
  func spellings(arguments: String, once: String, new: String, pattern: String, k: String, names: String) throws {
    let expected = """
      run-once \(once), start-new-model \(new)
      train-data-pattern '\(pattern)', top-k \(k), names \(names)

      """
    #expect(try shell("probe echo -q \(arguments)") == Run(status: 0, output: expected, errors: ""))
  }

  @Test func spellingsReachNestedCommands() throws {
    #expect(try shell("probe group member --loud=True") == Run(status: 0, output: "loud true\n", errors: ""))
    #expect(try shell("probe group member --loud=False") == Run(status: 0, output: "loud false\n", errors: ""))
  }

  @Test func aFlagWithAnyOtherValueIsAUsageError() throws {
    let run = try shell("probe echo --start_new_model=maybe")
    #expect(run.status == 64)
    #expect(
      run.errors == """
        probe: the option '--start-new-model' does not take any value, but 'maybe' was specified
        hint: see 'probe echo --help'

        """)
  }

  @Test(arguments: [
    ("fail --kind data", 65, "before\n", "probe: a.index: byte 4096: checksum differs\nhint: copy it again\n"),
    ("fail --kind data --early", 65, "", "probe: a.index: byte 4096: checksum differs\nhint: copy it again\n"),
    ("fail --kind missing", 66, "before\n", "probe: a\\nb: no such file or directory\n"),
    ("fail --kind no", 1, "before\n", ""),
    ("fail --kind no --early", 1, "", ""),
    ("fail --kind validation", 64, "before\n", "probe: --a and --b exclude each other\n"),
    ("fail --kind other", 74, "before\n", "probe: input/output error\n"),
    ("--version", 0, "probe 0.1.0\n", ""),
  ])
  func endings(arguments: String, status: Int32, output: String, errors: String) throws {
    #expect(try shell("probe \(arguments)") == Run(status: status, output: output, errors: errors))
  }

  @Test func validationNamesTheCommand() throws {
    let run = try shell("probe fail --kind validation --early")
    #expect(run.status == 64)
    #expect(
      run.errors == """
        probe: --a and --b exclude each other
        hint: see 'probe fail --help'

        """)
  }

  @Test func threadsMustBePositive() throws {
    let run = try shell("probe echo --threads 0")
    #expect(run.status == 64)
    #expect(run.errors == "probe: --threads must be 1 or more, not 0\nhint: see 'probe echo --help'\n")
  }

  /// The argument parser would say each of these in four lines or more.
  @Test(arguments: [
    ("echo --top_k", "missing value for '--top-k <top-k>'", "a value that begins with - is given as --top-k=VALUE"),
    ("echo --top_q 1", "unknown option '--top-q'", "did you mean '--top-k'?"),
    (
      "echo --threads x", "the value 'x' is invalid for '--threads <n>'",
      "--threads <n>: how many threads to use (default: one for each core); see 'probe echo --help'"
    ),
    ("touch", "missing expected argument '<path>'", "usage: probe touch <path>; see 'probe touch --help'"),
    ("touch a b", "unexpected argument 'b'", "usage: probe touch <path>; see 'probe touch --help'"),
    ("group membr", "there is no subcommand 'membr'", "the subcommands are member"),
    (
      "ecko x", "there is no subcommand 'ecko'",
      "the subcommands are echo, fail, flood, touch, list, work, group, help"
    ),
  ])
  func aUsageErrorIsOneLineAndAHint(arguments: String, problem: String, hint: String) throws {
    let errors = "probe: \(problem)\nhint: \(hint)\n"
    #expect(try shell("probe \(arguments)") == Run(status: 64, output: "", errors: errors))
  }

  @Test func anArgumentThatIsNotUTF8IsNamed() throws {
    let errors = "probe: argument 2 is not valid UTF-8\nhint: give the file another name, or a link to it\n"
    #expect(try shell(#"probe touch "$(printf 'a\377')""#) == Run(status: 64, output: "", errors: errors))
  }

  @Test(arguments: [
    ("", "probe: warning: a warning\nhint: a remedy\nprobe: a note\n"),
    ("-v", "probe: warning: a warning\nhint: a remedy\nprobe: a note\nprobe: a detail\n"), ("-q", ""),
  ])
  func diagnostics(flags: String, errors: String) throws {
    #expect(try shell("probe echo \(flags)").errors == errors)
  }

  @Test func aGroupAloneIsAUsageError() throws {
    let run = try shell("probe group")
    #expect(run.status == 64)
    #expect(run.output == "")
    #expect(run.errors.contains("USAGE: probe group <subcommand>"))
    #expect(try shell("probe").status == 64)
  }

  @Test func helpIsAnAnswer() throws {
    for arguments in ["--help", "help", "help group", "group --help", "group member -h"] {
      let run = try shell("probe \(arguments)")
      #expect(run.status == 0 && run.errors == "" && run.output.contains("USAGE: probe"), "\(arguments)")
    }
  }

  @Test func aClosedPipeEndsQuietly() throws {
    let run = try shell("probe flood | head -1; echo ${PIPESTATUS[0]}")
    #expect(run == Run(status: 0, output: "line\n141\n", errors: ""))
    // Even under a parent that ignores the signal.
    let ignoring = try shell("trap '' PIPE; probe flood | head -1; echo ${PIPESTATUS[0]}")
    #expect(ignoring == Run(status: 0, output: "line\n141\n", errors: ""))
  }

  @Test(arguments: ["echo -q", "flood", "--help", "--version"])
  func aFullDiskIsAnError(arguments: String) throws {
    let errors = """
      probe: standard output: no space left on device
      hint: free some space or write to another disk

      """
    #expect(try shell("probe \(arguments) >/dev/full") == Run(status: 74, output: "", errors: errors))
  }

  @Test func aFullDiskIsReportedAfterTheCommandsOwnError() throws {
    let errors = """
      probe: a\\nb: no such file or directory
      probe: standard output: no space left on device
      hint: free some space or write to another disk

      """
    #expect(try shell("probe fail --kind missing >/dev/full") == Run(status: 74, output: "", errors: errors))
  }

  @Test func aClosedStandardOutputIsAnErrorOnlyIfUsed() throws {
    let errors = "probe: standard output: bad file descriptor\n"
    #expect(try shell("probe echo -q >&-") == Run(status: 74, output: "", errors: errors))
    #expect(try shell("probe fail --kind no --early >&-") == Run(status: 1, output: "", errors: ""))
  }

  @Test func anInputCutShortWhileReadIsAnError() throws {
    let folder = TemporaryFolder()
    folder.write([UInt8](repeating: 7, count: 100_000), "input")
    let errors = "probe: an input file was cut short while it was being read\n"
    #expect(try shell("probe touch input", in: folder) == Run(status: 74, output: "", errors: errors))
  }

  @Test func aFileSizeLimitIsAnError() throws {
    let folder = TemporaryFolder()
    let errors = """
      probe: large: file too large
      hint: the file size limit (ulimit -f) or the file system forbids it

      """
    let run = try shell("ulimit -f 64; probe fail --kind large-file", in: folder)
    #expect(run == Run(status: 74, output: "before\n", errors: errors))
    #expect(folder.names.isEmpty)
  }
}
