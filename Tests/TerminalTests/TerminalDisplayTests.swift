import TestSupport
import Testing

/// What `probe` shows on a terminal; `script` provides one that nobody looks at.
@Suite struct TerminalDisplayTests {
  func onTerminal(_ command: String, columns: Int) throws -> String {
    let run = try shell("script -qefc 'stty cols \(columns) -onlcr; \(command)' /dev/null </dev/null")
    #expect(run.status == 0)
    return run.output
  }

  static let wide = """
    name                           bytes
    tower/fully_connected/weights     29
    global_step                       11

    """

  @Test func tablesFitTheTerminal() throws {
    #expect(try onTerminal("probe list", columns: 80) == Self.wide)
    #expect(
      try onTerminal("probe list", columns: 25)
        == """
        name                bytes
        tower/fu…d/weights     29
        global_step            11

        """)
  }

  @Test func tablesAreWholeInPipes() throws {
    #expect(try shell("COLUMNS=20 probe list | cat") == Run(status: 0, output: Self.wide, errors: ""))
  }

  @Test func jsonIsPlain() throws {
    let expected = """
      {
        "names": [
          "tower/fully_connected/weights",
          "global_step"
        ]
      }

      """
    #expect(try shell("probe list --json") == Run(status: 0, output: expected, errors: ""))
  }

  @Test func progressIsALineThatGoesAway() throws {
    let shown = try onTerminal("probe work", columns: 80)
    #expect(shown.hasPrefix("\r\u{1b}[Kworking: "))
    #expect(shown.contains(" % of 1.20 MB, "))
    #expect(shown.hasSuffix("\r\u{1b}[K"))
    #expect(!shown.contains("\n"))
    #expect(try onTerminal("probe work -q", columns: 80) == "")
  }

  @Test func progressIsSilentElsewhereUnlessForced() throws {
    #expect(try shell("probe work") == Run(status: 0, output: "", errors: ""))
    let lines = try shell("probe work --progress").errors.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.first?.hasPrefix("working: ") == true && lines.first?.hasSuffix(" s left") == true)
    #expect(lines.last?.hasPrefix("working: 1.20 MB in 1 s, ") == true)
  }
}
