import Terminal
import Testing

@Suite struct SelectionTests {
  static let names = ["tower/a/weights", "tower/a/weights/Adam", "tower/b/weights", "global_step"]

  @Test(
    arguments: [
      ([], [], [0, 1, 2, 3]), (["tower/*/weights"], [], [0, 2]), ([], ["*/Adam"], [0, 2, 3]),
      (["tower/*", "global_step"], ["tower/b/*"], [0, 1, 3]), (["none"], [], []),
    ] as [([String], [String], [Int])])
  func globsSelect(only: [String], except: [String], expected: [Int]) {
    let selection = Selection(only: only, except: except)
    #expect(Self.names.filter(selection.contains) == expected.map { Self.names[$0] })
  }

  @Test func misspeltPatternsAreFound() {
    let selection = Selection(only: ["tower/*", "towre/*"], except: ["*/Adma"])
    #expect(selection.unmatched(in: Self.names) == ["towre/*", "*/Adma"])
    #expect(Selection().unmatched(in: Self.names) == [])
  }
}
