import Bytes
import Execution
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Inference

/// What the starter code's calculators made of random predictions (`predictions/metrics`), some with many equal scores.
struct EvaluationTests {
  private struct Facts: Decodable {
    let n: Int
    let numClasses: Int
    let batches: [Int]
    let topK: Int
    let avgHitAtOne: Double
    let avgPerr: Double
    let map: Double
    let gap: Double
  }

  private func floats(_ archive: NpzArchive, _ name: String) throws -> [Float] {
    let member = try #require(archive.members.first { $0.name == Array(name.utf8) })
    return try archive.bytes(of: member).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  /// A batch of nothing but labels.
  private func batch(_ labels: [[Int32]]) throws -> VideoBatch {
    let features = try #require(Tensor([Float](), Shape([0])!))
    let members = labels.enumerated().map { number, labels in
      VideoBatch.Member(id: Array("v\(number)".utf8), labels: labels, path: "records", record: number)
    }
    return VideoBatch(members: members, features: features, byteCount: 0)
  }

  @Test(arguments: ["m_basic", "m_emptyrows", "m_ties", "m_topk5", "m_zeropred"], [1, 3])
  func metricsAreTheReferences(name: String, threads: Int) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let facts = try decoder.decode(Facts.self, from: Data(contents(fixture("predictions/metrics/\(name).json"))))
    let archive = try NpzArchive(path: fixture("predictions/metrics/\(name).npz"))
    let scores = try floats(archive, "predictions")
    let truth = try floats(archive, "labels")
    var evaluation = Evaluation(topK: facts.topK, loss: nil, workers: Workers(threads))
    var first = 0
    for size in facts.batches {
      let labels = (first..<first + size).map { row in
        (0..<facts.numClasses).filter { truth[row * facts.numClasses + $0] > 0 }.map { Int32($0) }
      }
      try scores[first * facts.numClasses..<(first + size) * facts.numClasses].withUnsafeBufferPointer {
        try evaluation.add(batch(labels), $0, classCount: facts.numClasses)
      }
      first += size
    }
    let result = try evaluation.result()
    #expect(result.metrics.videoCount == facts.n)
    #expect(abs(result.metrics.globalAveragePrecision - facts.gap) < 1e-9)
    #expect(abs(result.metrics.hitAtOne - facts.avgHitAtOne) < 1e-9)
    #expect(abs(result.metrics.equalRecallPrecision - facts.avgPerr) < 1e-9)
    #expect(abs(result.metrics.meanAveragePrecision - facts.map) < 1e-9)
    #expect(result.loss == nil)
  }

  /// By Python: `p = [.9, .2, .5, 1e-6]`, labels 0 and 3.
  @Test(arguments: [
    (LabelLoss.crossEntropy, 12.439_222_95), (.hinge, 3.799_999_03), (.softmax, 1.395_256_79),
  ])
  func lossesAreTheirFormulas(loss: LabelLoss, expected: Double) {
    let scores: [Float] = [0.9, 0.2, 0.5, 1e-6]
    let found = scores.withUnsafeBufferPointer { loss($0, [0, 3]) }
    #expect(abs(found / expected - 1) < 1e-6)
  }

  @Test func labelsMustBeClassesOfTheModel() throws {
    var evaluation = Evaluation(topK: 20, loss: .crossEntropy, workers: Workers(1))
    let text = complaint {
      try [Float(0.5), 0.5, 0.1, 0.2].withUnsafeBufferPointer {
        try evaluation.add(batch([[0], [1, 2]]), $0, classCount: 2)
      }
    }
    #expect(
      text == "records: byte 0: record 1 (video v1): has label 2, but the model has only the classes 0 to 1")
  }

  @Test func videosWithoutLabelsTellNothing() throws {
    var evaluation = Evaluation(topK: 20, loss: nil, workers: Workers(1))
    #expect(complaint { _ = try evaluation.result() } == "there are no videos")
    try [Float(0.5), 0.5].withUnsafeBufferPointer { try evaluation.add(batch([[]]), $0, classCount: 2) }
    #expect(complaint { _ = try evaluation.result() } == "none of 1 videos has a label")
  }
}
