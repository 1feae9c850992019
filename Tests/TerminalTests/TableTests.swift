import Terminal
import Testing

@Suite struct TableTests {
  var table: Table {
    var table = Table([.init("name", isFlexible: true), .init("dtype"), .init("bytes", .right)])
    table.append(["tower/fully_connected/weights", "float32", "4096"])
    table.append(["global_step", "int64", "8"])
    return table
  }

  @Test func columnsAreAligned() {
    #expect(
      table.lines() == [
        "name                           dtype    bytes",
        "tower/fully_connected/weights  float32   4096",
        "global_step                    int64        8",
      ])
  }

  @Test func theFlexibleColumnGivesWay() {
    #expect(
      table.lines(width: 34) == [
        "name                dtype    bytes",
        "tower/fu…d/weights  float32   4096",
        "global_step         int64        8",
      ])
  }

  @Test func itNeverBecomesUnreadable() {
    #expect(
      table.lines(width: 5) == [
        "name          dtype    bytes",
        "tower…eights  float32   4096",
        "global_step   int64        8",
      ])
  }

  @Test func withoutTitlesThereIsNoHeader() {
    var table = Table([.init(""), .init("")])
    table.append(["a", "1"])
    table.append(["bcd"])
    #expect(table.lines() == ["a    1", "bcd"])
  }

  @Test func hostileNamesStayOnTheirLine() {
    var table = Table([.init("name"), .init("n", .right)])
    table.append(["a\nb\u{1b}[2J", "1"])
    #expect(table.lines() == ["name           n", "a\\nb\\u{1b}[2J  1"])
  }
}
