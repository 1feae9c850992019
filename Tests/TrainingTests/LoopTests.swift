import Bytes
import Checkpoints
import Execution
import Records
import Tensors
import TestSupport
import Testing

@testable import Training

/// A model of one weight, which is moved by what it sees, and by a number of its own that goes on.
private final class FakeModel: TrainingStep {
  var weight: Float = 1
  var count = 0
  var randomPositions: [String: UInt64] = ["draw": 0]
  /// The step whose loss is not a number.
  var failing: Int?
  var trainedVariables: [String] { ["tower/weight"] }
  var encodedGraph: ByteView { ByteView([1, 2, 3]) }
  var ids: [[[UInt8]]] = []

  init() {}

  init(restoring prefix: String) throws {
    let checkpoint = try openCheckpoint(prefix)
    for (index, info) in checkpoint.tensors.enumerated() {
      let bytes = try checkpoint.contents(of: index).bytes
      if info.name == "tower/weight" {
        weight = try Tensor(.float32, info.shape, bytes: bytes).array(of: Float.self)[0]
      }
      if info.name == "global_step" {
        count = Int(try Tensor(.int32, info.shape, bytes: bytes).array(of: Int32.self)[0])
      }
    }
    randomPositions = try TrainingState(of: prefix)?.randomPositions ?? [:]
  }

  func number() throws -> Int { count }

  func values() throws -> [(name: String, value: Tensor)] {
    [("global_step", Tensor([Int32(count)], .scalar)), ("tower/weight", Tensor([weight], .scalar))]
      .compactMap { name, value in value.map { (name, $0) } }
  }

  func step(_ batch: TrainingBatch) throws -> TrainingSession.Result {
    count += 1
    randomPositions["draw", default: 0] += 3
    weight += batch.videos.features.array(of: Float.self).reduce(0, +) * 1e-3
    weight += Float(randomPositions["draw"] ?? 0)
    ids.append(batch.videos.members.map(\.id))
    let scores = (0..<batch.count * 4716).map { Float($0 % 4716) / 4716 }
    let shape = try #require(Shape([batch.count, 4716]))
    return TrainingSession.Result(
      step: count, loss: count == failing ? .nan : 1 / weight, penalty: 0, learningRate: 0.5,
      predictions: try #require(Tensor(scores, shape)))
  }
}

@Suite struct LoopTests {
  private let folder = TemporaryFolder()

  private var state: TrainingState {
    TrainingState(model: [.init("model", "Fake")], training: [.init("base_learning_rate", "0.5")])
  }

  private func run(
    _ model: FakeModel, in path: String, _ options: TrainingLoop.Options = .init(),
    _ input: InputOptions = smallInput(), at place: InputPlace? = nil, keepLast: Int = 0, keepEvery: Int = 0,
    events: Bool = false, isInterrupted: () -> Bool = { false }, report: (StepReport) -> Void = { _ in }
  ) throws -> TrainingLoop.Outcome {
    let folder = try TrainingFolder(path)
    var saver = CheckpointSaver(workers: Workers(2))
    saver.keepLast = keepLast
    saver.keepEvery = keepEvery
    let file = try events ? EventFile(in: path, clock: { 1_500_000_000.25 }) : nil
    let loop = TrainingLoop(model, in: folder, saver, events: file, state, options)
    return try loop.run(
      TrainingInput(input, at: place, readers: Workers(1)), isInterrupted: isInterrupted, report: report)
  }

  private func checkpointNames(_ path: String) throws -> [String] {
    try namesInFolder(path).filter { $0.hasSuffix(".index") }
  }

  @Test func theFirstAndTheLastStepAreSaved() throws {
    let path = folder("run")
    let model = FakeModel()
    #expect(try run(model, in: path) == .done)
    let batches = try seen(smallInput())
    #expect(model.ids == batches.map(\.ids) && model.count == batches.count)
    #expect(try TrainingFolder.steps(in: path) == [0, batches.count])
    let prefix = try TrainingFolder.newest(in: path)
    #expect(Path.name(of: prefix) == "model.ckpt-\(batches.count)")
    #expect(contents(prefix + ".meta") == [1, 2, 3])
    #expect(try CheckpointState(reading: path + "/checkpoint").latest == "model.ckpt-\(batches.count)")
    let restored = try FakeModel(restoring: prefix)
    #expect(restored.weight == model.weight && restored.count == model.count)
    let kept = try #require(try TrainingState(of: prefix))
    #expect(kept.model == state.model && kept.training == state.training)
    #expect(kept.randomPositions == model.randomPositions)
  }

  @Test func aRunThatWasCutGoesOnToTheSameBytes() throws {
    var options = TrainingLoop.Options()
    let whole = FakeModel()
    _ = try run(whole, in: folder("whole"), options)
    let names = try namesInFolder(folder("whole")).filter { $0.hasPrefix("model.ckpt-\(whole.count).") }
    for cut in [1, 3, whole.count - 1] {
      let path = folder("cut-\(cut)")
      options.maxSteps = cut
      _ = try run(FakeModel(), in: path, options)
      let prefix = try TrainingFolder.newest(in: path)
      let model = try FakeModel(restoring: prefix)
      #expect(model.count == cut)
      options.maxSteps = nil
      let place = try TrainingState(of: prefix)?.place(fileCount: smallRecords.count)
      _ = try run(model, in: path, options, at: place)
      for name in names { #expect(contents(path + "/" + name) == contents(folder("whole") + "/" + name)) }
    }
  }

  @Test func oldCheckpointsGo() throws {
    var options = TrainingLoop.Options()
    options.schedule.steps = 1
    options.maxSteps = 7
    let path = folder("kept")
    _ = try run(FakeModel(), in: path, options, smallInput(batchSize: 2, epochs: nil), keepLast: 2, keepEvery: 3)
    #expect(try TrainingFolder.steps(in: path) == [0, 3, 6, 7])
    let named = try CheckpointState(reading: path + "/checkpoint").all
    #expect(named == [0, 3, 6, 7].map { "model.ckpt-\($0)" })
    #expect(try namesInFolder(path).count == 4 * 4 + 1)
  }

  @Test func aSignalEndsInOrder() throws {
    let model = FakeModel()
    var asked = 0
    let path = folder("interrupted")
    let outcome = try run(model, in: path) {
      asked += 1
      return asked > 3
    }
    #expect(outcome == .interrupted && model.count == 3)
    #expect(try TrainingFolder.steps(in: path) == [0, 3])
  }

  @Test func aLossThatIsNoNumberEndsTheRun() throws {
    let model = FakeModel()
    model.failing = 3
    var options = TrainingLoop.Options()
    options.schedule.steps = 2
    let path = folder("nan")
    let text = complaint { _ = try run(model, in: path, options) }
    #expect(text.contains("the loss of step 3 is nan; its batch of 4 videos is "))
    #expect(try TrainingFolder.steps(in: path) == [0, 2])
    model.weight = .infinity
    model.failing = nil
    #expect(complaint { _ = try run(model, in: path, options) }.contains("tower/weight"))
    #expect(try TrainingFolder.steps(in: path) == [0, 2])
  }

  @Test func stepsBeforeABadRecordAreKept() throws {
    var bytes = contents(smallRecords[0])
    bytes[bytes.count - 100] ^= 1
    var input = smallInput(batchSize: 1, files: [folder.write(bytes, "damaged.tfrecord")])
    input.bufferSize = 1
    let model = FakeModel()
    let path = folder("bad")
    #expect(complaint { _ = try run(model, in: path, .init(), input) }.contains("the checksum of record"))
    #expect(model.count > 0)
    #expect(try TrainingFolder.steps(in: path) == [0, model.count])
  }

  @Test func linesAreTheReferences() throws {
    var lines: [String] = []
    var options = TrainingLoop.Options()
    options.maxSteps = 12
    _ = try run(
      FakeModel(), in: folder("told"), options, smallInput(batchSize: 2, epochs: nil),
      report: { lines.append($0.line) })
    #expect(lines.count == 12)
    #expect(try #/training step 1 \| Loss: -?\d+\.\d\d Examples/sec: \d+\.\d\d/#.wholeMatch(in: lines[0]) != nil)
    let metrics = #/training step 10 \| Loss: .* \| Hit@1: 0\.00 PERR: \d\.\d\d GAP: \d\.\d\d \| ETA: \d+ s/#
    #expect(try metrics.wholeMatch(in: lines[9]) != nil)
  }

  @Test func onlyOneTrainingHasAFolder() throws {
    let path = folder("shared/below")
    let first = try TrainingFolder(path)
    #expect(complaint { _ = try TrainingFolder(path) }.hasSuffix("another training is going on in it"))
    withExtendedLifetime(first) {}
  }

  @Test func halfCheckpointsOfKilledRunsGo() throws {
    let path = folder("killed")
    _ = try run(FakeModel(), in: path, .init(), smallInput(epochs: 1))
    let names = try namesInFolder(path)
    for name in ["model.ckpt-7.data-00000-of-00001", "model.ckpt-7.meta", "model.ckpt-8.training.json"]
      + [".checkpoint.1x.tmp", ".model.ckpt-7.index.2y.tmp"]
    {
      folder.write([1], "killed/" + name)
    }
    let others = [".notes.3z.tmp", "model.ckpt-9", "model.ckpt-9.meta", "model.ckpt-best.meta"]
    for name in others { folder.write([1], "killed/" + name) }
    try TrainingFolder(path).removeLeftovers()
    #expect(try namesInFolder(path) == (names + others).sorted())
  }

  @Test func whatATrainingLeftIsCleared() throws {
    let path = folder("cleared")
    _ = try run(FakeModel(), in: path, events: true)
    folder.write([1], "cleared/notes.txt")
    try TrainingFolder(path).clear()
    #expect(try namesInFolder(path) == ["notes.txt"])
    #expect(complaint { _ = try TrainingFolder.newest(in: path) }.contains("holds no checkpoint model.ckpt-N"))
  }

  @Test func unreadableStatesAreRefused() throws {
    let prefix = folder("model.ckpt-1")
    #expect(try TrainingState(of: prefix) == nil)
    for text in ["", "[]", "{\"input\": \"\"}", "{\"input\": \"\", \"model\": {\"a\": 1}, \"training\": {}}"] {
      folder.write(Array(text.utf8), "model.ckpt-1.training.json")
      #expect(throws: KernelError.self) { try TrainingState(of: prefix) }
    }
  }
}
