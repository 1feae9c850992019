import Bytes
import Checkpoints
import Execution
import Foundation
import Graphs
import Tensors
import TestSupport
import Testing

/// Models that the 2018 first place's programs exported, quantized and put together, run on what TensorFlow ran them
/// on: the predictions must be TensorFlow's.
struct ExportedModelsTests {
  static let all = ["graphs", "graphs_oldops", "quantized", "ensembles"].flatMap { group in
    ((try? FileManager.default.contentsOfDirectory(atPath: fixture("models/\(group)"))) ?? []).sorted()
      .map { "models/\(group)/\($0)" }
  }

  /// Their random numbers have no seed, so that nobody can repeat them.
  static let unseeded: Set = ["models/graphs/random_frames_noseed"]

  @Test func thereAreModels() { #expect(ExportedModelsTests.all.count == 34) }

  @Test(arguments: ExportedModelsTests.all.filter { !unseeded.contains($0) })
  func predictsAsTensorFlowDoes(model: String) throws {
    let model = try Model(model)
    let predictions = try model.run()
    // Random ones have the predictions of three runs.
    let expected = try model.arrays.tensor("predictions")
    let first = expected.array(of: Float.self).prefix(predictions.elementCount)
    let difference = zip(predictions.array(of: Float.self), first).map { abs($0 - $1) }.max()
    #expect(try #require(difference) < 2e-6)
  }

  @Test(arguments: [
    "random_frames_seed0", "random_sequence_seed7", "frame_shuffle_seed7", "random_frames_rounds2_seed7",
  ])
  func drawsOnFromRunToRun(name: String) throws {
    let model = try Model("models/graphs/" + name)
    let expected = try model.arrays.tensor("predictions")
    let runs = try #require(expected.shape.dimensions.first)
    for run in 0..<runs {
      let predictions = try model.run()
      let count = predictions.elementCount
      let wanted = expected.array(of: Float.self)[run * count..<(run + 1) * count]
      let difference = zip(predictions.array(of: Float.self), wanted).map { abs($0 - $1) }.max()
      #expect(try #require(difference) < 2e-6)
    }
  }

  @Test func aSeedMakesUnseededGraphsRepeatable() throws {
    let name = "models/graphs/random_frames_noseed"
    let runs = try [UInt64(1), 1, 2].map { try Model(name, seed: $0).run().array(of: Float.self) }
    #expect(runs[0] == runs[1])
    #expect(runs[0] != runs[2])
  }

  @Test(arguments: ["graphs/netvlad_gated_probgating", "graphs/lstmbidirect_logistic", "ensembles/nested"])
  func threadsChangeNothing(name: String) throws {
    let results = try [1, 2, 5].map { try Model("models/" + name, workers: $0).run().array(of: Float.self) }
    #expect(results[0].map(\.bitPattern) == results[1].map(\.bitPattern))
    #expect(results[0].map(\.bitPattern) == results[2].map(\.bitPattern))
  }

  /// The loops end with the longest video; what later steps would have written is zeros.
  @Test(arguments: ["lstmbidirect_logistic", "grubidirect_branchedbn", "lstm2"])
  func shortVideosAloneAreAsInTheBatch(name: String) throws {
    let model = try Model("models/graphs/" + name)
    let whole = try model.run().array(of: Float.self)
    let classCount = whole.count / 6
    // The second video has one frame, the fifth two.
    for video in [1, 4] {
      let alone = try model.run(only: video).array(of: Float.self)
      let together = whole[video * classCount..<(video + 1) * classCount]
      let difference = zip(alone, together).map { abs($0 - $1) }.max()
      #expect(try #require(difference) < 1e-6)
    }
  }

  @Test func smallerBatchesPredictTheSame() throws {
    let model = try Model("models/graphs/netvlad_gated_probgating")
    let whole = try model.run().array(of: Float.self)
    let part = try model.run(videos: 2).array(of: Float.self)
    let difference = zip(part, whole).map { abs($0 - $1) }.max()
    #expect(try #require(difference) < 1e-6)
    #expect(part.count * 3 == whole.count)
  }
}

/// An exported model of the fixtures with its inputs.
struct Model {
  let meta: MetaGraph
  let session: Session
  let arrays: any TensorSource

  init(_ folder: String, seed: UInt64? = nil, workers: Int? = nil) throws {
    let prefix = fixture(folder + "/inference_model")
    meta = try MetaGraph(reading: prefix + ".meta")
    session = try Session(
      meta, path: prefix + ".meta", checkpoint: try openCheckpoint(prefix), seed: seed, workers: Workers(workers))
    arrays = try openCheckpoint(fixture(folder + "/io.npz"))
  }

  /// The predictions for the first videos, for one, or for all.
  ///
  /// - Parameter others: nodes that are asked for besides.
  func run(videos: Int? = nil, only video: Int? = nil, with others: [String] = []) throws -> Tensor {
    var feeds: [Endpoint: Tensor] = [:]
    for name in ["input_batch_raw", "num_frames"] where arrays.index(of: TensorName(name)) != nil {
      let value = try arrays.tensor(name)
      let range = video.map { $0..<$0 + 1 } ?? videos.map { 0..<$0 }
      feeds[try endpoint(name)] = try range.map { try value.rows($0) } ?? value
    }
    return try session.run([try endpoint("predictions")] + others.map { Endpoint($0) }, feeding: feeds)[0]
  }

  func endpoint(_ collection: String) throws -> Endpoint {
    guard case .names(let names) = meta.collections[collection] else { throw Missing(name: collection) }
    return try #require(names.first.flatMap(Endpoint.init(parsing:)))
  }
}

struct Missing: Error { var name: String }

extension TensorSource {
  func tensor(_ name: String) throws -> Tensor {
    guard let index = index(of: TensorName(name)) else { throw Missing(name: name) }
    return try Tensor(tensors[index].dtype, tensors[index].shape, bytes: try contents(of: index).bytes)
  }
}

extension Tensor {
  /// Some rows.
  func rows(_ range: Range<Int>) throws -> Tensor {
    let rowCount = try #require(shape.dimensions.first)
    let shape = try #require(Shape([range.count] + shape.dimensions.dropFirst()))
    let size = elementCount / rowCount
    let places = range.lowerBound * size..<range.upperBound * size
    switch dtype {
    case .float32: return try #require(Tensor(Array(array(of: Float.self)[places]), shape))
    case .int32: return try #require(Tensor(Array(array(of: Int32.self)[places]), shape))
    default: throw Missing(name: "rows of \(dtype.name)")
    }
  }
}
