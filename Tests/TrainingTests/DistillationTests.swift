import Bytes
import Execution
import Inference
import Records
import TestSupport
import Testing

@testable import Training

@Suite struct DistillationTests {
  private let unpacked: UnpackedModel
  private let model: ExportedModel
  private let records = fixture("fakes/records/test02.tfrecord")

  init() throws {
    unpacked = try UnpackedModel(fixture("inference/model.tgz"), into: nil, existing: .refuse)
    model = try ExportedModel(try ModelFolder.model(in: unpacked.folder))
  }

  private func write(to folder: String, batchSize: Int, fileSize: Int, force: Bool = false) throws -> (Int, Int) {
    let set = try DistillationSet(model, to: folder, fileSize: fileSize, existing: force ? .replace : .refuse)
    let reader = BatchReader(
      [records], model.schema, batchSize: batchSize, wantsLabels: true, readers: Workers(1))
    let written = try set.write(reader, Predictor(model, workers: Workers(2)))
    return (written.videos, written.files)
  }

  /// Each record's id, its predictions, and all that is exact.
  private func parsed(_ files: [String]) throws -> [(id: [UInt8], predictions: [Float], exact: [UInt8])] {
    var all: [(id: [UInt8], predictions: [Float], exact: [UInt8])] = []
    try RecordScan(files, Workers(1)).forEachSlice { slice in
      try slice.forEach { record in
        let message = RecordMessage(record.payload)
        var exact: [UInt8] = []
        try message.forEachLabel { exact.append(decimal: $0) }
        for stream in ["rgb", "audio"] {
          try message.featureList(FeatureName(stream.utf8))?.forEach { frame throws(ByteReader.Fault) in
            if let bytes = try frame.singleBytes { exact += bytes }
          }
        }
        var predictions: [Float] = []
        try message.feature(FeatureName("predictions".utf8))?.forEachFloats { run throws(ByteReader.Fault) in
          for offset in stride(from: 0, to: run.count, by: 4) {
            predictions.append(run.loadUnaligned(fromByteOffset: offset, as: Float.self))
          }
        }
        all.append(([UInt8](try Video.id(of: message)), predictions, exact))
      }
    }
    return all
  }

  /// Against what 2018's `prepare_distill_dataset.py` wrote under TensorFlow 1.15.
  @Test func recordsAreTheReferences() throws {
    let folder = TemporaryFolder()
    #expect(try write(to: folder("set"), batchSize: 3, fileSize: 8) == (8, 1))
    let (mine, reference) = (
      try parsed([folder("set/predictions-00000.tfrecord")]),
      try parsed([fixture("distill/predictions-00000.tfrecord")])
    )
    #expect(mine.map(\.id) == reference.map(\.id) && mine.map(\.exact) == reference.map(\.exact))
    for (one, other) in zip(mine, reference) {
      #expect(one.predictions.count == 3862)
      #expect(zip(one.predictions, other.predictions).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  @Test func anyBatchFillsFilesOfAnySize() throws {
    let folder = TemporaryFolder()
    #expect(try write(to: folder("set"), batchSize: 5, fileSize: 3) == (8, 3))
    #expect(try namesInFolder(folder("set")) == (0..<3).map { "predictions-0000\($0).tfrecord" })
    let ids = try ids((0..<3).map { folder("set/predictions-0000\($0).tfrecord") })
    #expect(try ids == TrainingTests.ids([records]))
    #expect(complaint { _ = try write(to: folder("set"), batchSize: 5, fileSize: 3) }.contains("exists already"))
    #expect(try write(to: folder("set"), batchSize: 1, fileSize: 100, force: true) == (8, 1))
  }

  @Test func studentsReadThem() throws {
    var options = InputOptions(
      files: [fixture("distill/predictions-00000.tfrecord")], schema: .youTube8M(.frame), classCount: 3862,
      batchSize: 8, epochs: 1)
    options.hasTeacher = true
    let batch = try #require(try TrainingInput(options, readers: Workers(1)).next())
    let teacher = try #require(batch.teacher?.array(of: Float.self))
    let expected = try parsed(options.files)
    for (row, member) in batch.videos.members.enumerated() {
      let other = try #require(expected.first { $0.id == member.id })
      #expect(Array(teacher[row * 3862..<(row + 1) * 3862]) == other.predictions)
    }
    options.files = [records]
    #expect(
      complaint { _ = try TrainingInput(options, readers: Workers(1)).next() }
        .contains("there are no predictions: it is not of a set that was made for distillation"))
    options.files = [fixture("distill/predictions-00000.tfrecord")]
    options.classCount = 4716
    #expect(
      complaint { _ = try TrainingInput(options, readers: Workers(1)).next() }
        .contains("there are predictions for 3862 classes, not for 4716"))
  }
}
