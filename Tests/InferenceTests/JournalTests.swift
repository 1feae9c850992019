import Bytes
import Foundation
import Inference
import TestSupport
import Testing

struct JournalTests {
  private let files = ["records/tm/test00.tfrecord", "records/tm/validate0000.tfrecord"].map(fixture)
  private let model: ExportedModel

  init() throws { model = try tinyModel("graphs/framelogistic") }

  private struct Cut: Error {}

  /// Runs until `limit` videos have rows.
  private func begin(_ run: InferenceRun, _ output: String, limit: Int) throws {
    let journal = try RunJournal(beside: output, run.identity, .anew)
    #expect(throws: Cut.self) {
      // What stops a process, as the disk does when it is full.
      do { try run.complete(journal) { _, count in if count >= limit { throw KernelError(.io, "", "cut") } } } catch
      {
        throw Cut()
      }
    }
  }

  /// The file that a run makes of what is in the journal and what is not.
  private func end(_ run: InferenceRun, _ output: String, _ start: RunJournal.Start = .resuming) throws -> [UInt8] {
    let journal = try RunJournal(beside: output, run.identity, start)
    try run.complete(journal) { _, _ in }
    let sink = Collected()
    try run.write(journal, to: sink)
    journal.remove()
    return sink.bytes
  }

  private func whole(_ run: InferenceRun) throws -> [UInt8] {
    let sink = Collected()
    try run.write(to: sink) { _, _ in }
    return sink.bytes
  }

  @Test func aRunGoesOnWhereverTheFileWasCut() throws {
    let folder = TemporaryFolder()
    let run = run(model, files, batchSize: 3)
    let expected = try whole(run)
    try begin(run, folder("out.csv"), limit: 6)
    let part = contents(folder("out.csv.part"))
    for length in stride(from: 0, through: part.count, by: 7) {
      folder.write(Array(part.prefix(length)), "out.csv.part")
      if length == 0 {
        #expect(try end(run, folder("out.csv")) == expected)
      } else if let bytes = try? end(run, folder("out.csv")) {
        #expect(bytes == expected)
      } else {
        // Not even the first record, which tells whose rows they are, is whole.
        #expect(length < 400)
        #expect(try end(run, folder("out.csv"), .forced(resuming: true)) == expected)
      }
      #expect(!FileStatus.exists(folder("out.csv.part")))
    }
  }

  /// Graphs that draw frames go on drawing where they were.
  @Test(arguments: ["random_frames_noseed", "random_frames_seed7_dbof", "random_frames_rounds2_seed7"])
  func randomModelsGoOnToo(name: String) throws {
    let folder = TemporaryFolder()
    let model = try tinyModel("graphs/" + name)
    let run = run(model, files, rounds: 2, seed: 3, batchSize: 5)
    try begin(run, folder("out.csv"), limit: 10)
    #expect(try end(run, folder("out.csv")) == whole(run))
    try begin(run, folder("out.csv"), limit: 10)
    let larger = InferenceTests.run(model, files, rounds: 2, seed: 3, batchSize: 6)
    let other = complaint { _ = try RunJournal(beside: folder("out.csv"), larger.identity, .resuming) }
    #expect(other.hasSuffix("it has 'batch-size 5' where this one has 'batch-size 6'"))
  }

  @Test func rowsThatAreThereAreNotComputedAgain() throws {
    let folder = TemporaryFolder()
    let run = run(model, files, batchSize: 3)
    try begin(run, folder("out.csv"), limit: 6)
    let journal = try RunJournal(beside: folder("out.csv"), run.identity, .resuming)
    #expect(journal.rowCount == 6)
    var counts: [Int] = []
    try run.complete(journal) { counts.append($1) }
    #expect(counts.first == 9)
  }

  @Test func damagedRowsAreComputedAgain() throws {
    let folder = TemporaryFolder()
    let run = run(model, files, batchSize: 3)
    try begin(run, folder("out.csv"), limit: 9)
    var part = contents(folder("out.csv.part"))
    part[part.count / 2] ^= 0x40
    folder.write(part, "out.csv.part")
    #expect(try end(run, folder("out.csv")) == whole(run))
  }

  /// Of a model that draws frames; one that draws nothing is run once whatever is asked for.
  @Test func moreRoundsAreAnotherRun() throws {
    let folder = TemporaryFolder()
    let model = try tinyModel("graphs/random_frames_seed7_dbof")
    try begin(run(model, files, batchSize: 3), folder("out.csv"), limit: 3)
    let text = complaint {
      _ = try RunJournal(beside: folder("out.csv"), run(model, files, rounds: 2).identity, .resuming)
    }
    #expect(text.contains("it has 'rounds 1' where this one has 'rounds 2'"))
  }

  @Test func anotherRunsRowsAreNotTaken() throws {
    let folder = TemporaryFolder()
    let first = run(model, files, batchSize: 3)
    try begin(first, folder("out.csv"), limit: 3)
    let others = [
      (run(model, files, topK: 3), "it has 'top-k 20' where this one has 'top-k 3'"),
      (run(model, files, seed: 9), "it has 'seed none' where this one has 'seed 9'"),
      (run(model, [files[1]]), "it has 'records "), (run(try tinyModel("graphs/dbof"), files), "it has 'model "),
    ]
    for (other, difference) in others {
      let text = complaint { _ = try RunJournal(beside: folder("out.csv"), other.identity, .resuming) }
      #expect(text.hasPrefix(folder("out.csv.part") + ": is of another run: " + difference))
    }
    // Another batch size is no other run.
    #expect(try RunJournal(beside: folder("out.csv"), run(model, files).identity, .resuming).rowCount == 3)
    let anew = complaint { _ = try RunJournal(beside: folder("out.csv"), first.identity, .anew) }
    #expect(anew.hasSuffix("out.csv.part: is left of a run that was cut"))
    #expect(try end(others[0].0, folder("out.csv"), .forced(resuming: false)) == whole(others[0].0))
  }

  @Test func recordsThatChangeMakeAnotherRun() throws {
    let folder = TemporaryFolder()
    let copy = folder.write(contents(files[0]), "records")
    try begin(run(model, [copy], batchSize: 2), folder("out.csv"), limit: 2)
    folder.write(contents(files[0]) + contents(files[0]), "records")
    #expect(throws: KernelError.self) {
      _ = try RunJournal(beside: folder("out.csv"), run(model, [copy]).identity, .resuming)
    }
  }

  @Test func onlyOneProcessWrites() throws {
    let folder = TemporaryFolder()
    let identity = run(model, files).identity
    let journal = try RunJournal(beside: folder("out.csv"), identity, .anew)
    let text = complaint { _ = try RunJournal(beside: folder("out.csv"), identity, .forced(resuming: true)) }
    #expect(text.hasSuffix("out.csv.part: another run is writing it"))
    #expect(journal.rowCount == 0)
  }

  @Test func recordsAtFaultLeaveNoJournal() throws {
    let folder = TemporaryFolder()
    var bytes = contents(files[0])
    bytes[bytes.count - 100] ^= 1
    let run = run(model, [folder.write(bytes, "records")], batchSize: 2)
    let journal = try RunJournal(beside: folder("out.csv"), run.identity, .anew)
    #expect(throws: KernelError.self) { try run.complete(journal) { _, _ in } }
    #expect(folder.names == ["records"])
  }
}
