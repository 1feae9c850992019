import Bytes
import TestSupport
import Testing

@testable import Predictions

@Suite struct CheckTests {
  private let folder = TemporaryFolder()

  private func input(_ text: String, _ name: String) throws -> WholeInput {
    try WholeInput(folder.write(Array(text.utf8), name))
  }

  private func findings(
    _ text: String, template: String? = nil, _ change: (inout SubmissionCheck.Limits) -> Void = { _ in }
  ) throws -> [String] {
    var limits = SubmissionCheck.Limits()
    change(&limits)
    let template = try template.map { try input($0, "template") }
    return try SubmissionCheck(input(text, "a.csv"), template: template, limits).findings.map { finding in
      guard case .line(let number)? = finding.place else { return finding.problem }
      return "\(number): \(finding.problem)"
    }
  }

  private static let header = "VideoId,LabelConfidencePairs\n"

  @Test func theReferencesOwnFilesAreSound() throws {
    let check = try SubmissionCheck(WholeInput(fixture("fakes/predictions.csv")))
    #expect(check.findings.isEmpty && check.rowCount == 24)
    let spliced = try SubmissionCheck(
      WholeInput(fixture("fakes/submission.csv")), template: WholeInput(fixture("fakes/predictions.csv")))
    #expect(spliced.findings.isEmpty)
    let segments = try SubmissionCheck(WholeInput(fixture("predictions/segments/sub_header.csv")))
    #expect(segments.findings.isEmpty && segments.rowCount == 6)
  }

  @Test(arguments: [
    ("a,1 0.5 2 0.5\nb,1 0\n", []),
    ("a,1 0.5 2 0.6\n", ["2: the predictions are not sorted: label 2 has a higher score than the one before"]),
    ("a,1 0.5 1 0.4\n", ["2: label 1 is there twice"]), ("a,\n", ["2: the row has no predictions"]),
    ("a,3862 0.5\n", ["2: label 3862 is not below 3862, the number of classes"]),
    ("a,1 1.5\n", ["2: the score 1.5 is not between 0 and 1"]),
    ("a,1 -0.5\n", ["2: the score -0.5 is not between 0 and 1"]),
    ("a,1 0.5\n\na,1 0.5\n", ["4: video a is in line 2 already"]), ("a\n", ["2: the row has a single column"]),
    (",1 0.5\n", ["2: the id is empty"]), ("a,1 nan\n", ["2: 'nan', the score of label 1, is not a number"]),
    ("a,1 0.5 2 0.4 3 0.3\n", ["2: the row has 3 predictions, more than 2"]), ("", ["has no rows"]),
    ("\"a,1 0.5\n", ["2: a quoted field does not end in its line"]),
  ]) func rowsAreLookedAt(rows: String, expected: [String]) throws {
    #expect(try findings(CheckTests.header + rows) { $0.pairCount = 2 } == expected)
  }

  @Test func headersAreLookedAt() throws {
    #expect(try findings("") == ["is empty"])
    #expect(try findings("V,L\na,1 0.5\n") == ["1: the header is 'V,L', not 'VideoId,LabelConfidencePairs'"])
    #expect(try findings("V,L\na,1 0.5\n", template: "V,L\na,0 0\n").isEmpty)
    let marked = try findings("\u{feff}" + CheckTests.header + "a,1 0.5\n")
    #expect(marked == ["1: begins with a byte order mark, which becomes a part of the header"])
  }

  @Test func templatesTellWhatIsWanted() throws {
    let found = try findings(
      CheckTests.header + "c,1 0.5\na,1 0.5\n", template: CheckTests.header + "a,0 0\nb,0 0\n")
    #expect(found == ["2: video c is not in \(folder("template"))", "there is no row for video b"])
  }

  @Test(arguments: [
    ("Class,Segments\n3,a:0 b:5\n", []),
    ("3,a:0 b:5\n", ["1: there is no header Class,Segments"]),
    ("Class,Ids\n3,a:0\n", ["1: the header is 'Class,Ids', not 'Class,Segments'"]),
    ("Class,Segments\n3,\n", ["2: class 3 has no segments"]),
    ("Class,Segments\n3,a:0 a:0\n", ["2: segment a:0 is there twice"]),
    ("Class,Segments\n3,a:0\n3,b:0\n", ["3: class 3 is in line 2 already"]),
    ("Class,Segments\n3,a:0 b:5 c:0\n", ["2: class 3 has 3 segments, more than 2"]),
    ("Class,Segments\n3,a:7\n", ["2: 'a:7' is not a segment (a video's id, a colon, and a multiple of 5)"]),
    ("Class,Segments\n3,a\n", ["2: 'a' is not a segment (a video's id, a colon, and a multiple of 5)"]),
    (
      "Class,Segments\n3,a:0\tb:5\n",
      ["2: 'a:0\\tb:5' is not a segment (a video's id, a colon, and a multiple of 5)"]
    ),
    ("Class,Segments\n3,:5\n", ["2: ':5' is not a segment (a video's id, a colon, and a multiple of 5)"]),
    ("Class,Segments\nx,a:0\n", ["2: 'x,a:0' does not begin with a class (a whole number from 0)"]),
    ("Class,Segments\n3\n", ["2: the row has a single column"]), ("Class,Segments\n", ["has no rows"]),
  ]) func linesOfSegmentsAreLookedAt(text: String, expected: [String]) throws {
    #expect(try findings(text) { $0.segmentCount = 2 } == expected)
  }

  @Test func cutCellsOfSegmentsAreFound() throws {
    let cut = "Class,Segments\n3,a:0\n4,\(String(repeating: "v:10 ", count: 6553))v:\n"
    #expect(try findings(cut).contains("3: the cell is cut at 32767 characters"))
  }

  /// Counting lines anew for each of them took hours.
  @Test func manyRepeatedIdsAreFoundFast() throws {
    let rows = (0..<20_000).map { "v\($0),1 0.5\n" }.joined()
    let found = try findings(CheckTests.header + rows + rows)
    #expect(found.count == 20_000)
    #expect(found.last == "40001: video v19999 is in line 20001 already")
  }

  @Test func templatesTellWhichClassesAreWanted() throws {
    let found = try findings("Class,Segments\n1,a:0\n4,a:0\n", template: "Class,Segments\n1,x:0\n2,x:0\n")
    #expect(found == ["3: class 4 is not in \(folder("template"))", "there is no line for class 2"])
  }

  @Test func otherFormatsAreNoSubmissions() {
    #expect(throws: KernelError.self) { try findings("{}\n") }
  }
}
