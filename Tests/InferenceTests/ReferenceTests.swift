import Bytes
import Foundation
import Inference
import TestSupport
import Testing

/// The programs of the 2018 first and tenth places under TensorFlow 1.15 say what is right.
struct ReferenceTests {
  /// Scores by class of each video of a prediction file.
  private func scores(_ lines: [String]) -> [String: [Int: Double]] {
    var videos: [String: [Int: Double]] = [:]
    for line in lines.dropFirst() {
      let fields = line.split(separator: ",")
      let words = fields[1].split(separator: " ")
      let pairs = stride(from: 0, to: words.count - 1, by: 2).map { (Int(words[$0])!, Double(words[$0 + 1])!) }
      videos[String(fields[0])] = Dictionary(uniqueKeysWithValues: pairs)
    }
    return videos
  }

  private func lines(_ path: String) -> [String] {
    String(decoding: contents(fixture(path)), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test(arguments: [(20, "fakes/predictions.csv"), (5, "inference/predictions_top5.csv")], [3, 10, 128])
  func predictsAsTheFirstPlaceDid(file: (topK: Int, path: String), batchSize: Int) throws {
    let found = try predicted(run(mihaModel(), mihaRecords, topK: file.topK, batchSize: batchSize))
    #expect(found[0] == lines(file.path)[0])
    let (ours, theirs) = (scores(found), scores(lines(file.path)))
    #expect(ours.count == 24 && theirs.count == 24)
    for (id, expected) in theirs {
      let row = try #require(ours[id])
      #expect(Set(row.keys) == Set(expected.keys))
      for (label, score) in expected { #expect(abs((row[label] ?? 9) - score) < 2e-6) }
    }
  }

  /// Rows are in the order of the records; the reference's in that in which its file system lists the files.
  @Test func rowsAreInTheOrderOfTheRecords() throws {
    let ids = try predicted(run(mihaModel(), mihaRecords, topK: 1)).dropFirst().map { $0.prefix { $0 != "," } }
    #expect(
      ids == [
        "v-A00_", "0037", "0074", "v-D03_", "0148", "0185", "v-G06_", "0259", "0296", "v-J09_", "0370", "0407",
        "v-M12_", "0481", "0518", "v-P15_", "0592", "0629", "v-S18_", "0703", "0740", "v-V21_", "0814", "0851",
      ])
  }

  @Test(arguments: [10, 24]) func measuresAsTheFirstPlaceDid(batchSize: Int) throws {
    let model = try mihaModel()
    let workers = Workers(2)
    let predictor = try Predictor(model, workers: workers)
    var evaluation = Evaluation(topK: 20, loss: LabelLoss(rawValue: model.flags.labelLoss ?? ""), workers: workers)
    let reader = BatchReader(mihaRecords, model.schema, batchSize: batchSize, wantsLabels: true, readers: workers)
    try reader.forEachBatch { batch in
      try predictor.predict(batch) { try evaluation.add(batch, $0, classCount: $1) }
    }
    let result = try evaluation.result()
    #expect(result.classCount == 3862)
    #expect(abs(result.metrics.globalAveragePrecision - 0.106391606376) < 1e-9)
    #expect(abs(result.metrics.hitAtOne - (batchSize == 10 ? 0.3333333407839139 : 0.3333333432674408)) < 1e-15)
    #expect(abs(result.metrics.equalRecallPrecision - 0.336805555556) < 1e-9)
    #expect(abs(result.meanAveragePrecisionOfAllClasses - 0.001454505879) < 1e-9)
    #expect(abs((result.loss ?? 0) / 165.401441 - 1) < 1e-6)
  }

  /// Its graph draws five frames of each video, and takes them from a queue, not from a placeholder.
  @Test func predictsNearlyAsTheTenthPlaceDid() throws {
    let unpacked = try UnpackedModel(fixture("inference/ensemble.tgz"), into: nil, existing: .refuse)
    let model = try ExportedModel(try ModelFolder.model(in: unpacked.folder))
    #expect(model.drawsAtRandom)
    #expect(model.schema == .youTube8M(.frame))
    let found = try predicted(
      run(model, [fixture("inference/testq.tfrecord")], topK: 30, rounds: 4, seed: 1, batchSize: 128))
    // What its inference.py wrote of the second video, with frames of its own choice.
    let expected = [0: 0.245202, 6: 0.224143, 11: 0.221918, 19: 0.201174, 16: 0.200759]
    let row = try #require(scores(found)["v2001"])
    #expect(row.count == 30)
    for (label, score) in expected { #expect(abs((row[label] ?? 9) - score) < 1e-3) }
  }
}
