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

  /// The predictions for the first videos, or for all.
  func run(videos: Int? = nil) throws -> Tensor {
    var feeds: [Endpoint: Tensor] = [:]
    for name in ["input_batch_raw", "num_frames"] where arrays.index(of: TensorName(name)) != nil {
      let value = try arrays.tensor(name)
      feeds[try endpoint(name)] = try videos.map { try value.first($0) } ?? value
    }
    return try session.run([try endpoint("predictions")], feeding: feeds)[0]
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
  /// The first rows.
  func first(_ count: Int) throws -> Tensor {
    var dimensions = shape.dimensions
    dimensions[0] = count
    let shape = try #require(Shape(dimensions))
    switch dtype {
    case .float32: return try #require(Tensor(Array(array(of: Float.self).prefix(shape.elementCount)), shape))
    case .int32: return try #require(Tensor(Array(array(of: Int32.self).prefix(shape.elementCount)), shape))
    default: throw Missing(name: "rows of \(dtype.name)")
    }
  }
}
