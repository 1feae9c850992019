import Bytes
import Foundation
import Checkpoints
import Execution
import Graphs
import Models
import Tensors
import TestSupport
import Testing

/// Ensembles that we make, run against the predictions that TensorFlow had from the reference's ensembles.
struct EnsemblePlanTests {
  /// Writes an ensemble of models of the fixtures; the prefix of the result.
  private func make(_ folder: TemporaryFolder, _ models: [String], _ weights: [Float], _ rule: EnsembleRule = .mean)
    throws -> String
  {
    let files = try models.map { try ModelFiles(fixture("models/\($0)/inference_model")) }
    try ModelPlan(ensembleOf: files, weights: weights, rule).write(toNewFolder: folder("e"), Workers(2)) { _ in }
    return folder("e/inference_model")
  }

  private func predictions(_ prefix: String, _ inputs: any TensorSource) throws -> [Float] {
    let meta = try MetaGraph(reading: prefix + ".meta")
    let session = try Session(meta, path: prefix, checkpoint: try openCheckpoint(prefix))
    var feeds: [Endpoint: Tensor] = [:]
    for name in ["input_batch_raw", "num_frames"] {
      let index = try #require(inputs.index(of: TensorName(name)))
      let info = inputs.tensors[index]
      feeds[try meta.tensor(in: name)] = try Tensor(info.dtype, info.shape, bytes: inputs.contents(of: index).bytes)
    }
    return try session.run([try meta.tensor(in: "predictions")], feeding: feeds)[0].array(of: Float.self)
  }

  private func array(_ name: String, _ source: any TensorSource) throws -> [Float] {
    let index = try #require(source.index(of: TensorName(name)))
    let info = source.tensors[index]
    return try Tensor(info.dtype, info.shape, bytes: source.contents(of: index).bytes).array(of: Float.self)
  }

  @Test func predictsWhatTheReferencesEnsemblePredicts() throws {
    let folder = TemporaryFolder()
    let prefix = try make(
      folder, ["graphs/netvlad_gated_probgating", "graphs_oldops/grubidirect_gating"], [0.7, 0.3])
    let io = try openCheckpoint(fixture("models/ensembles/float32_70_30/io.npz"))
    let difference = zip(try predictions(prefix, io), try array("predictions", io)).map { abs($0 - $1) }.max()
    #expect(try #require(difference) < 2e-6)
    // Names and values of the reference's checkpoint, and nothing else.
    let mine = try openCheckpoint(prefix)
    let reference = try openCheckpoint(fixture("models/ensembles/float32_70_30/inference_model"))
    #expect(mine.tensors == reference.tensors)
    for index in mine.tensors.indices {
      #expect(try mine.contents(of: index).bytes.array == reference.contents(of: index).bytes.array)
    }
    let flags = try MappedFile(folder("e/model_flags.json")).view
    #expect(flags.array == fixtureBytes("models/graphs_oldops/grubidirect_gating/model_flags.json"))
  }

  @Test func nestedAndQuantizedModelsMayBeMembers() throws {
    let folder = TemporaryFolder()
    let members = ["ensembles/quant_uniform_plus_float16", "quantized/netvlad_gated_probgating_float16"]
    let prefix = try make(folder, members, [0.25, 0.75])
    let io = try openCheckpoint(fixture("models/\(members[0])/io.npz"))
    let parts = try members.map { try predictions(fixture("models/\($0)/inference_model"), io) }
    let expected = zip(parts[0], parts[1]).map { 0.25 * $0 + 0.75 * $1 }
    let difference = zip(try predictions(prefix, io), expected).map { abs($0 - $1) }.max()
    #expect(try #require(difference) < 1e-6)
  }

  @Test func logOddsAreAveraged() throws {
    let folder = TemporaryFolder()
    let members = ["graphs/netvlad_gated_probgating", "graphs/netvlad_light"]
    let prefix = try make(folder, members, [0.4, 0.6], .logit)
    let io = try openCheckpoint(fixture("models/\(members[0])/io.npz"))
    let parts = try members.map { try predictions(fixture("models/\($0)/inference_model"), io).map(Double.init) }
    let expected = zip(parts[0], parts[1]).map { a, b in
      let odds = 0.4 * log(a / (1 - a)) + 0.6 * log(b / (1 - b))
      return 1 / (1 + exp(-odds))
    }
    let difference = zip(try predictions(prefix, io), expected).map { abs(Double($0) - $1) }.max()
    #expect(try #require(difference) < 1e-6)
  }

  @Test func equalTensorsAreStoredOnce() throws {
    let folder = TemporaryFolder()
    let model = "graphs/netvlad_gated_probgating"
    let prefix = try make(folder, [model, model], [0.5, 0.5])
    let single = fixtureBytes("models/\(model)/inference_model.data-00000-of-00001").count
    #expect(try MappedFile(prefix + ".data-00000-of-00001").view.count <= single)
    let io = try openCheckpoint(fixture("models/\(model)/io.npz"))
    let difference = zip(try predictions(prefix, io), try array("predictions", io)).map { abs($0 - $1) }.max()
    #expect(try #require(difference) < 2e-6)
    #expect(try Verifier().verify(prefix).flatMap(\.findings) == [])
  }

  @Test func anExistingFolderIsRefused() throws {
    let folder = TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder("e"), withIntermediateDirectories: true)
    let error = #expect(throws: KernelError.self) {
      try make(folder, ["graphs/netvlad_light", "graphs/netvlad_light"], [0.5, 0.5])
    }
    #expect(error?.kind == .cannotCreate)
  }
}
