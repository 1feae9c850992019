import Testing

@testable import Predictions

@Suite struct TouchedWindowsTests {
  @Test func windowsCountOnceUntilTheyAreForgotten() {
    let windows = TouchedWindows([5 << 20, 0, 2 << 20])
    #expect(windows.byteCount == 0)
    #expect(windows.touch(0, at: 1 << 20))
    #expect(!windows.touch(0, at: 0))
    #expect(windows.touch(0, at: 5 << 20))
    #expect(windows.touch(1, at: 0))
    #expect(windows.touch(2, at: 2 << 20))
    #expect(windows.byteCount == 8 << 20)
    #expect(windows.forget(0))
    #expect(!windows.forget(0))
    #expect(windows.byteCount == 4 << 20)
    #expect(windows.touch(0, at: 0))
    #expect(!windows.touch(1, at: 0))
  }
}
