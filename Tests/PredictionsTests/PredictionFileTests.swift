import Bytes
import Glibc
import TestSupport
import Testing

@testable import Predictions

@Suite struct PredictionFileTests {
  private let folder = TemporaryFolder()

  private func file(_ text: String) throws -> PredictionFile {
    try PredictionFile(folder.write(Array(text.utf8), "a.csv"))
  }

  @Test func rowsAreFoundById() throws {
    let file = try PredictionFile(fixture("fakes/predictions.csv"))
    #expect(String(decoding: file.header, as: UTF8.self) == "VideoId,LabelConfidencePairs")
    #expect(file.count == 24)
    let number = try #require(Array("0629".utf8).withUnsafeBytes { file.number(of: $0) })
    #expect(number == 1)
    #expect(file.withRow(number) { String(decoding: $0.line.prefix(18), as: UTF8.self) } == "0629,3506 0.166794")
    #expect(Array("629".utf8).withUnsafeBytes { file.number(of: $0) } == nil)
  }

  @Test func gzipReadsLikePlain() throws {
    // `submission.csv` is gzipped whatever its name says.
    let file = try PredictionFile(fixture("fakes/submission.csv"))
    #expect(file.count == 24)
    #expect(file.withRow(23) { $0.idText } == "0148")
  }

  @Test func lineEndsQuotesAndMarksDoNotMatter() throws {
    let file = try file("\u{feff}VideoId,LabelConfidencePairs\r\na,1 0.5\r\n\r\n\"b\",2 0.5")
    #expect(file.count == 2)
    #expect(file.withRow(0) { String(decoding: $0.line, as: UTF8.self) } == "a,1 0.5")
    #expect(file.withRow(1) { $0.idText } == "b")
  }

  @Test(arguments: [
    ("", 1, "the file is empty"),
    ("VideoId\n", 1, "the header has a single column"),
    ("0592,0 0.5\n", 1, "there is no header: the first line is a row"),
    ("V,L\na,1 0.5\n\nb\n", 4, "the row has a single column"),
    ("V,L\n,1 0.5\n", 2, "the id is empty"),
    ("V,L\na,1 0.5\n\nb,\na,2 0.5\n", 5, "video a is in line 2 already"),
    ("V,L\na,1 0.5\na,2 0.5\nb\n", 3, "video a is in line 2 already"),
    ("V,L\na,1 0.5\nb\na,2 0.5\n", 3, "the row has a single column"),
  ])
  func brokenFilesAreRefused(text: String, line: Int, problem: String) {
    #expect {
      try file(text)
    } throws: { error in
      let error = error as? KernelError
      return error?.kind == .badData && error?.place == .line(line) && error?.problem == problem
    }
  }

  @Test func damageEndsInAnErrorOrAnAnswer() throws {
    let whole = fixtureBytes("fakes/badreplace.csv")
    var random = SplitMix(seed: 5)
    var accepted = 0
    for _ in 0..<10_000 {
      // A new file each time: writing over one makes some file systems wait for the disk.
      unlink(folder("damaged.csv"))
      let path = folder.write(random.damage(whole), "damaged.csv")
      do { accepted += try PredictionFile(path).count > 0 ? 1 : 0 } catch let error as KernelError {
        #expect(error.kind == .badData)
      }
    }
    #expect(accepted > 0)
  }
}

@Suite struct SplicingTests {
  private let folder = TemporaryFolder()

  private final class Collected: ByteSink {
    var bytes: [UInt8] = []
    func write(_ bytes: UnsafeRawBufferPointer) { self.bytes += bytes }
  }

  private func file(_ text: String, _ name: String) throws -> PredictionFile {
    try PredictionFile(folder.write(Array(text.utf8), name))
  }

  @Test func rowsAreThoseOfTheReference() throws {
    let splicing = try Splicing(
      good: PredictionFile(fixture("fakes/good.csv")), fake: PredictionFile(fixture("fakes/badreplace.csv")))
    let found = Collected()
    #expect(try splicing.write(to: found) == Splicing.Report(goodCount: 17, fakeCount: 7))
    #expect(found.bytes == (try WholeInput(fixture("fakes/submission.csv")).bytes.array))
  }

  @Test func aTemplateOrdersTheRows() throws {
    let splicing = try Splicing(
      good: PredictionFile(fixture("fakes/good.csv")), fake: PredictionFile(fixture("fakes/badreplace.csv")))
    let template = try PredictionFile(fixture("fakes/predictions.csv"))
    let found = Collected()
    let report = try splicing.write(orderedBy: template, missing: .fail, to: found)
    #expect(report == Splicing.Report(goodCount: 17, fakeCount: 7))
    let submission = try PredictionFile(folder.write(found.bytes, "submission.csv"))
    for number in 0..<24 {
      #expect(submission.withRow(number) { $0.idText } == template.withRow(number) { $0.idText })
    }
  }

  @Test func missingRowsAreCompletedDroppedOrRefused() throws {
    let splicing = try Splicing(good: file("V,L\nc,1 1\n", "good"), fake: file("V,L\na,2 1\n", "fake"))
    let template = try file("V,L\na,0 0\nb,0 0\nc,0 0\n", "template")
    let completed = Collected()
    let report = try splicing.write(orderedBy: template, missing: .template, to: completed)
    #expect(report == Splicing.Report(goodCount: 1, fakeCount: 1, missing: ["b"]))
    #expect(String(decoding: completed.bytes, as: UTF8.self) == "V,L\na,2 1\nb,0 0\nc,1 1\n")
    let shortened = Collected()
    _ = try splicing.write(orderedBy: template, missing: .drop, to: shortened)
    #expect(String(decoding: shortened.bytes, as: UTF8.self) == "V,L\na,2 1\nc,1 1\n")
    let refused = Collected()
    #expect(throws: KernelError.self) { try splicing.write(orderedBy: template, missing: .fail, to: refused) }
    let other = try file("V,L\na,0 0\nb,0 0\n", "other")
    #expect(throws: KernelError.self) { try splicing.write(orderedBy: other, missing: .template, to: refused) }
    #expect(refused.bytes.isEmpty)
  }

  @Test func overlapsAndOtherHeadersAreRefused() throws {
    let good = try file("V,L\na,1 1\nb,1 1\n", "good")
    #expect {
      try Splicing(good: good, fake: file("V,L\n\nb,1 1\n", "fake"))
    } throws: {
      ($0 as? KernelError)?.place == .line(3)
    }
    #expect(throws: KernelError.self) { try Splicing(good: good, fake: file("L,V\nc,1 1\n", "fake")) }
  }
}
