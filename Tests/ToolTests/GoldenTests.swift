import Foundation
import Testing

/// Every case of `Golden/`; `UPDATE_GOLDEN=1 swift test --filter GoldenTests` rewrites what they expect,
/// and `GOLDEN=quantize/apply` runs only those whose names begin so.
@Suite struct GoldenTests {
  static let updating = ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"

  @Test(arguments: GoldenCase.all) func scriptDoesWhatItsFolderSays(_ golden: GoldenCase) async throws {
    let outcome = try await golden.run()
    if GoldenTests.updating { try golden.record(outcome) }
    let difference = outcome.difference(from: golden.expected())
    if !difference.isEmpty { Issue.record(Comment(rawValue: difference)) }
  }

  @Test func casesAreFound() {
    #expect(!GoldenCase.all.isEmpty, "no case under \(GoldenCase.root)")
  }
}
