import Bytes
import Testing

@testable import Terminal

@Suite struct ProgressTests {
  @Test func theFirstSecondIsSilentAndUpdatesAreRare() {
    var meter = ProgressMeter("averaging", interval: 1, start: 100)
    #expect(meter.update(done: 1_000_000, total: 100_000_000, now: 100.9) == nil)
    #expect(
      meter.update(done: 10_000_000, total: 100_000_000, now: 101)
        == "averaging: 10 % of 100 MB, 10.0 MB/s, 9 s left")
    #expect(meter.update(done: 20_000_000, total: 100_000_000, now: 101.5) == nil)
    #expect(
      meter.update(done: 30_000_000, total: 100_000_000, now: 102)
        == "averaging: 30 % of 100 MB, 15.0 MB/s, 5 s left")
    #expect(meter.summary(now: 104) == "averaging: 30.0 MB in 4 s, 7.50 MB/s")
  }

  @Test func ratesMayCountSomethingElse() {
    var meter = ProgressMeter("inferring", interval: 1, start: 0)
    #expect(
      meter.update(done: 25, total: 100, now: 10, items: (314, "videos"))
        == "inferring: 25 % of 100 B, 31.4 videos/s, 30 s left")
    #expect(
      meter.update(done: 50, total: 100, now: 20, items: (5000, "videos"))
        == "inferring: 50 % of 100 B, 250 videos/s, 20 s left")
    #expect(meter.summary(now: 40) == "inferring: 5000 videos in 40 s, 125 videos/s")
  }

  /// Threads may report out of order.
  @Test func progressNeverGoesBack() {
    var meter = ProgressMeter("x", interval: 0.1, start: 0)
    #expect(meter.update(done: 50, total: 100, now: 2) == "x: 50 % of 100 B, 25 B/s, 2 s left")
    #expect(meter.update(done: 40, total: 100, now: 2.2) == "x: 50 % of 100 B, 22 B/s, 2 s left")
  }

  @Test func nothingToDoIsNotDividedBy() {
    var meter = ProgressMeter("x", interval: 0.1, start: 0)
    #expect(meter.update(done: 0, total: 0, now: 5) == nil)
    #expect(meter.update(done: 0, total: 10, now: 5) == "x: 0 % of 10 B")
    #expect(meter.summary(now: 0) == "x: 0 B in 0 s")
  }

  @Test(arguments: [
    (0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (3725, "1 h 02 min"), (1e12, "ages"),
    (.infinity, "ages"),
  ])
  func durations(seconds: Double, text: String) {
    #expect(DurationText.of(seconds: seconds) == text)
  }
}
