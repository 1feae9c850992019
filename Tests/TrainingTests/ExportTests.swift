import Bytes
import Checkpoints
import Execution
import Foundation
import Graphs
import Inference
import TestSupport
import Testing

@testable import Training

/// What is exported here must be loaded by the programs that load the reference's exports, and predict the same.
@Suite struct ExportTests {
  static let names = [
    "netvlad_gated_probgating", "softdbof_maxpool", "attention_frames_v0", "framelogistic", "video_moe",
    "video_logistic",
    "random_frames_rounds2_seed7", "lstmbidirect_logistic", "grubidirect_branchedbn_gating_moe", "lstm2",
  ]

  private func export(_ model: ZooCase, rounds: Int = 1, to folder: String) throws {
    let shape = try model.arrays.tensor("input_batch_raw").shape.dimensions
    let videos = VideoShape(
      featureSizes: model.featureSizes, frameLimit: model.model.takesFrames ? shape[1] : nil,
      classCount: model.classCount)
    let graph = try InferenceGraph(model.model, model.flags, videos, rounds: rounds)
    let modelFlags = try ModelFlags(
      source: "the test", model: model.model.name,
      names: model.model.takesFrames ? "rgb,audio" : "mean_rgb,mean_audio", sizes: "24,8",
      level: model.model.takesFrames ? .frame : .video, labelLoss: "CrossEntropyLoss")
    try ModelExport(graph, modelFlags, model.flags, values: model.checkpoint)
      .write(to: folder, existing: .refuse, Workers(2))
  }

  @Test(arguments: names) func isLoadedAndPredictsTheSame(name: String) throws {
    let folder = TemporaryFolder()
    let model = try ZooCase(miha: "models/graphs/" + name)
    try export(model, rounds: name.contains("rounds2") ? 2 : 1, to: folder.path)
    let prefix = folder("inference_model")
    #expect(
      folder.names == [
        "hyperparameters.json", "inference_model.data-00000-of-00001", "inference_model.index",
        "inference_model.meta", "model_flags.json",
      ])
    // Byte for byte as the reference writes it, and the same tensors.
    let original = fixture("models/graphs/\(name)")
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: folder("model_flags.json")))
        == Data(contentsOf: URL(fileURLWithPath: original + "/model_flags.json")))
    let ours = try openCheckpoint(prefix).tensors
    #expect(try ours == openCheckpoint(original + "/inference_model").tensors)
    #expect(try Hyperparameters(reading: folder(Hyperparameters.fileName)) == model.flags)

    let exported = try ExportedModel(prefix)
    let session = try Session(
      exported.meta, path: exported.metaPath, checkpoint: exported.checkpoint, seed: 1)
    var feeds = [exported.input: try model.arrays.tensor("input_batch_raw")]
    if let counts = exported.frameCounts { feeds[counts] = try model.arrays.tensor("num_frames") }
    let found = try session.run([exported.predictions], feeding: feeds)[0]
    #expect(found.shape.dimensions == [6, 12])
    // Two rounds of other random numbers predict almost the same.
    let limit: Float = name.contains("rounds2") ? 0.3 : 1e-5
    #expect(try model.difference(found.array(of: Float.self), from: "predictions") < limit)
  }

  @Test func takesAverages() throws {
    let folder = TemporaryFolder()
    let source = try openCheckpoint(fixture("miha/ema/model.ckpt-3"))
    var flags = Hyperparameters()
    for (name, word) in [
      ("netvlad_cluster_size", "8"), ("netvlad_hidden_size", "16"), ("netvlad_relu", "false"), ("gating", "true"),
      ("moe_prob_gating", "true"), ("iterations", "12"), ("sample_random_frames", "false"),
    ] { try flags.set(name, [word]) }
    let videos = VideoShape(featureSizes: [24, 8], frameLimit: 12, classCount: 12)
    let graph = try InferenceGraph(Zoo.model(named: "NetVLADModelLF"), flags, videos)
    let modelFlags = try ModelFlags(
      source: "the test", model: "NetVLADModelLF", names: "rgb,audio", sizes: "24,8", level: .frame)
    try ModelExport(graph, modelFlags, flags, values: source, usesAverages: true)
      .write(to: folder.path, existing: .refuse, Workers(1))
    let expected = try openCheckpoint(fixture("miha/ema/eval_ema/inference_model"))
    let found = try openCheckpoint(folder("inference_model"))
    #expect(found.tensors == expected.tensors)
    for index in found.tensors.indices {
      #expect(try found.contents(of: index).bytes.array == expected.contents(of: index).bytes.array)
    }
  }

  @Test func templatesAreThoseOfTheTenthPlace() throws {
    let folder = TemporaryFolder()
    var flags = Hyperparameters(.boliu)
    for (name, words) in [
      ("netvlad_cluster_size", ["4", "6"]), ("netvlad_hidden_size", ["6", "5"]), ("ensemble_wts", ["0.5", "0.5"]),
      ("ensemble_num", ["2"]), ("float16_flag", ["true"]), ("gating", ["true"]), ("moe_prob_gating", ["true"]),
    ] { try flags.set(name, words) }
    let videos = VideoShape(featureSizes: [1024, 128], frameLimit: 300, classCount: 30)
    let modelFlags = try ModelFlags(
      source: "the test", model: "NetVLADModelLF", names: "rgb,audio", sizes: "1024,128", level: .frame)
    try ModelTemplate(InferenceGraph(NetVLADModelLF(), flags, videos), modelFlags, flags)
      .write(to: folder.path, existing: .refuse, Workers(2))
    let template = try openCheckpoint(folder("inference_model"))
    let reference = try openCheckpoint(fixture("boliu/ensemble/inference_model_10"))
    // The fixture has lost its largest weights.
    let largest = template.tensors.filter { $0.name.description.hasSuffix("hidden1_weights/hidden1_weights") }
    #expect(
      largest.map(\.shape.dimensions) == [[4352, 6], [6528, 5]] && largest.allSatisfy { $0.dtype == .half })
    #expect(template.tensors.filter { !largest.contains($0) } == reference.tensors)
    for index in template.tensors.indices {
      #expect(try template.contents(of: index).bytes.array.allSatisfy { $0 == 0 })
    }
  }

  @Test func namesWhatTheCheckpointLacks() throws {
    let folder = TemporaryFolder()
    var model = try ZooCase(miha: "models/graphs/dbof")
    model.flags.dbofClusterSize = 24
    let error = #expect(throws: KernelError.self) { try export(model, to: folder.path) }
    #expect(
      error?.description.contains(
        "tensor tower/cluster_weights: is float32 [32,16], but the model has float32 [32,24]")
        == true)
    let other = try ZooCase(miha: "models/graphs/video_moe")
    let videos = VideoShape(featureSizes: [24, 8], frameLimit: nil, classCount: 12)
    let graph = try InferenceGraph(other.model, other.flags, videos)
    let modelFlags = try ModelFlags(
      source: "the test", model: "MoeModel", names: "a,b", sizes: "24,8", level: .video)
    let missing = #expect(throws: KernelError.self) {
      try ModelExport(graph, modelFlags, other.flags, values: other.checkpoint, usesAverages: true)
    }
    #expect(missing?.place == .tensor("tower/gates/weights/ExponentialMovingAverage"))
  }

  @Test func refusesFramesForModelsOfVideos() throws {
    let videos = VideoShape(featureSizes: [24, 8], frameLimit: 20, classCount: 12)
    let error = #expect(throws: KernelError.self) {
      try InferenceGraph(Zoo.model(named: "MoeModel"), Hyperparameters(), videos)
    }
    #expect(error?.kind == .usage)
  }
}
