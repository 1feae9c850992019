import Bytes
import Foundation
import TestSupport
import Testing

@testable import Records

@Suite struct FakeFilterTests {
  private let folder = TemporaryFolder()

  private func plan(
    from source: String = fixture("fakes/records"), to target: String = "out",
    existing: AtomicFile.Existing = .refuse
  ) throws -> FolderPlan {
    try FolderPlan(from: source, to: folder(target), pattern: Glob("*.tfrecord"), existing: existing)
  }

  private func table(_ text: String) throws -> DeviationTable {
    try DeviationTable(folder.write(Array(text.utf8), "table.csv"))
  }

  /// Id, frames and labels of each record of a file, by our own reader.
  private func videos(_ path: String) throws -> [[[UInt8]]] {
    var videos: [[[UInt8]]] = []
    let reader = try RecordReader(path)
    while let chunk = try reader.next() {
      try chunk.forEach(0..<chunk.count) { record in
        try record.check(in: path)
        let video = try Video(record.payload)
        var parts = [[UInt8](video.id)]
        for name: FeatureName in ["rgb", "audio"] {
          try video.message.featureList(name)?.forEach { frame throws(ByteReader.Fault) in
            parts.append([UInt8](try frame.singleBytes ?? UnsafeRawBufferPointer(start: nil, count: 0)))
          }
        }
        try video.forEachLabel { parts.append(Array("\($0)".utf8)) }
        videos.append(parts)
      }
    }
    return videos
  }

  @Test(arguments: ["vids_by_std.csv", "vids_by_std_reordered.csv"])
  func whatIsKeptIsWhatTheReferenceKept(csv: String) throws {
    let filter = FakeFilter(try DeviationTable(fixture("fakes/\(csv)")), missing: .drop)
    let reports = try filter.run(try plan(), Workers(2))
    #expect(reports.map(\.name) == ["test00.tfrecord", "test02.tfrecord"])
    #expect(reports.map(\.kept) == [5, 6])
    #expect(reports.map(\.dropped) == [3, 2])
    #expect(reports.map(\.missing) == [["v-D03_"], []])
    for report in reports {
      #expect(try videos(folder("out/\(report.name)")) == videos(fixture("fakes/slim/\(report.name)")))
    }
    #expect(folder.names == ["out"])
  }

  @Test func keptRecordsAreCopiedByteForByte() throws {
    let source = fixture("fakes/records/test00.tfrecord")
    let filter = FakeFilter(try DeviationTable(fixture("fakes/vids_by_std.csv")), missing: .drop)
    _ = try filter.run(try plan(), Workers(1))
    let kept = try videos(folder("out/test00.tfrecord")).map { $0[0] }
    var expected: [UInt8] = []
    let reader = try RecordReader(source)
    while let chunk = try reader.next() {
      try chunk.forEach(0..<chunk.count) { record in
        let id = [UInt8](try Video.id(of: RecordMessage(record.payload)))
        if kept.contains(id) { expected += record.frame }
      }
    }
    #expect(contents(folder("out/test00.tfrecord")) == expected)
  }

  @Test func missingNumbersAreNamedAndNothingIsLeft() throws {
    let filter = FakeFilter(try table("vids,std\n0592,0.5\n0629,\n"))
    #expect {
      try filter.run(try plan(), Workers(2))
    } throws: { error in
      let problem = (error as? KernelError)?.problem ?? ""
      return problem.hasPrefix("tells no std of 15 videos: v-A00_ (test00.tfrecord), ")
        && problem.contains("0629 (test02.tfrecord)") && !problem.contains("0592")
    }
    #expect(folder.names == ["table.csv"])
  }

  @Test func missingVideosMayBeKept() throws {
    let filter = FakeFilter(try table("vids,std\n0592,0.05\n"), missing: .keep)
    let reports = try filter.run(try plan(), Workers(2))
    #expect(reports.map(\.dropped) == [0, 1])
    #expect(contents(folder("out/test00.tfrecord")) == fixtureBytes("fakes/records/test00.tfrecord"))
  }

  @Test func filesThatLoseEverythingAreThereAndEmpty() throws {
    let filter = FakeFilter(
      try DeviationTable(fixture("fakes/vids_by_std.csv")), threshold: 9, missing: .drop)
    _ = try filter.run(try plan(), Workers(2))
    #expect(contents(folder("out/test02.tfrecord")) == [])
    #expect(try namesInFolder(folder("out")) == ["test00.tfrecord", "test02.tfrecord"])
  }

  @Test func aDamagedRecordLeavesNothing() throws {
    mkdir(folder("in"), 0o777)
    var bytes = fixtureBytes("fakes/records/test02.tfrecord")
    folder.write(bytes, "in/a.tfrecord")
    bytes[40_000] ^= 1
    folder.write(bytes, "in/b.tfrecord")
    let filter = FakeFilter(try DeviationTable(fixture("fakes/vids_by_std.csv")), missing: .keep)
    #expect {
      try filter.run(try plan(from: folder("in")), Workers(2))
    } throws: {
      ($0 as? KernelError)?.source.hasSuffix("b.tfrecord") == true
    }
    #expect(folder.names == ["in"])
  }

  @Test func compressedFilesStayCompressed() throws {
    mkdir(folder("in"), 0o777)
    let path = folder.write([], "in/a.tfrecord")
    let file = try AtomicFile(path, existing: .replace)
    let gzip = GzipWriter(into: file)
    try gzip.write(fixtureBytes("fakes/records/test02.tfrecord"))
    try gzip.finish()
    try file.commit()
    let filter = FakeFilter(try DeviationTable(fixture("fakes/vids_by_std.csv")), missing: .drop)
    _ = try filter.run(try plan(from: folder("in")), Workers(2))
    #expect(try RecordReader(folder("out/a.tfrecord")).compression == .gzip)
    #expect(try videos(folder("out/a.tfrecord")) == videos(fixture("fakes/slim/test02.tfrecord")))
  }

  @Test func senselessFoldersAreRefused() throws {
    let source = fixture("fakes/records")
    func kind(_ pattern: String, _ target: String) -> KernelError.Kind? {
      do { _ = try FolderPlan(from: source, to: target, pattern: Glob(pattern), existing: .refuse) } catch {
        return (error as? KernelError)?.kind
      }
      return nil
    }
    #expect(kind("*.tfrecord", source) == .usage)
    #expect(kind("*.tfrecord", source + "/.") == .usage)
    #expect(kind("*.none", folder("out")) == .noInput)
    #expect(kind("*.tfrecord", fixture("fakes/good.csv")) == .cannotCreate)
    mkdir(folder("full"), 0o777)
    folder.write([1], "full/test02.tfrecord")
    #expect(kind("*.tfrecord", folder("full")) == .cannotCreate)
  }
}

@Suite struct DeviationTableTests {
  private let folder = TemporaryFolder()

  private func verdict(_ text: String, _ id: String, threshold: Double = 0.1) throws -> DeviationTable.Verdict {
    let table = try DeviationTable(folder.write(Array(text.utf8), "table.csv"))
    return Array(id.utf8).withUnsafeBytes { table.verdict(on: $0, threshold: threshold) }
  }

  @Test func theThresholdIsStrictAndNoNumberIsNoAnswer() throws {
    let text = "vids,std\na,0.1\nb,0.10000001\nc,\nd,nan\n0037,1e-3\ne,0.05\ne,0.2\ne,\nf,\nf,0.05\n"
    #expect(try verdict(text, "a") == .fake)
    #expect(try verdict(text, "b") == .good)
    #expect(try verdict(text, "c") == .unknown)
    #expect(try verdict(text, "d") == .unknown)
    #expect(try verdict(text, "0037") == .fake)
    #expect(try verdict(text, "37") == .unknown)
    #expect(try verdict(text, "e") == .good)
    #expect(try verdict(text, "f") == .fake)
    #expect(try verdict("std,x,\"vids\"\r\n2,,\"a,b\"\r\n", "a,b") == .good)
  }

  @Test(arguments: [
    ("", 1, "there is no column vids"), ("vids,sd\n", 1, "there is no column std"),
    ("vids,std\na,1\nb\n", 3, "the row has only 1 fields"), ("vids,std\n,1\n", 2, "the id is empty"),
    ("vids,std\na,0.1x\n", 2, "'0.1x' is not a standard deviation"),
    ("vids,std\na,-1\n", 2, "'-1' is not a standard deviation"),
    ("vids,std\n\"a,1\n", 2, "a quoted field does not end in its line"),
  ])
  func brokenTablesAreRefused(text: String, line: Int, problem: String) {
    #expect {
      try verdict(text, "a")
    } throws: { error in
      let error = error as? KernelError
      return error?.kind == .badData && error?.place == .line(line) && error?.problem == problem
    }
  }

  @Test func damageEndsInAnErrorOrAnAnswer() throws {
    let whole = fixtureBytes("fakes/vids_by_std.csv")
    var random = SplitMix(seed: 7)
    var accepted = 0
    for _ in 0..<10_000 {
      // A new file each time: writing over one makes some file systems wait for the disk.
      unlink(folder("damaged.csv"))
      let path = folder.write(random.damage(whole), "damaged.csv")
      do { accepted += try DeviationTable(path).count > 0 ? 1 : 0 } catch let error as KernelError {
        #expect(error.kind == .badData)
      }
    }
    #expect(accepted > 0)
  }
}
