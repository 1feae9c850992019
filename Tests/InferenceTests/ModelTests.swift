import Bytes
import Foundation
import Graphs
import Inference
import Records
import TestSupport
import Testing

struct ModelTests {
  /// A copy of a model's files to spoil; the graph as `edit` leaves it.
  private func spoiled(
    _ name: String, in folder: TemporaryFolder, flags: String? = nil, _ edit: (inout MetaGraph) throws -> Void
  ) throws -> String {
    let source = fixture("models/\(name)") + "/"
    for file in ["inference_model.index", "inference_model.data-00000-of-00001", "model_flags.json"] {
      folder.write(contents(source + file), file)
    }
    if let flags { folder.write(Array(flags.utf8), "model_flags.json") }
    var meta = try MetaGraph(reading: source + "inference_model.meta")
    try edit(&meta)
    try meta.write(to: folder("inference_model.meta"))
    return folder("inference_model")
  }

  @Test func tellsWhatAModelTakes() throws {
    let frames = try tinyModel("graphs/netvlad_light")
    let inputs = [VideoSchema.Input("rgb", size: 24), .init("audio", size: 8)]
    #expect(frames.schema == VideoSchema(level: .frame, inputs: inputs, maxFrames: 20))
    #expect(frames.frameCountType == .int32)
    #expect(frames.flags.labelLoss == "CrossEntropyLoss")
    let means = try tinyModel("graphs/video_moe")
    #expect(means.schema.level == .video && means.schema.inputs.map(\.size) == [24, 8])
    #expect(means.frameCountType == .float32 && !means.drawsAtRandom)
    #expect(try tinyModel("graphs/random_frames_noseed").drawsAtRandom)
    #expect(try tinyModel("ensembles/nested").input.node == "CommonIn")
  }

  @Test func digestsTellModelsApart() throws {
    let names = ["graphs/netvlad_light", "graphs/video_moe", "graphs_oldops/netvlad_gated_probgating"]
    let digests = try (names + ["graphs/netvlad_gated_probgating"]).map { try tinyModel($0).digest }
    #expect(Set(digests).count == 4)
    #expect(try tinyModel(names[0]).digest == digests[0])
  }

  @Test(arguments: ["input_batch_raw", "predictions"]) func saysWhatAnExportLacks(collection: String) throws {
    let folder = TemporaryFolder()
    let path = try spoiled("graphs/video_moe", in: folder) { $0.collections[collection] = nil }
    let text = complaint { _ = try ExportedModel(path) }
    #expect(
      text.hasSuffix(
        "inference_model.meta: has no collection \(collection), so it is no model exported for inference"))
  }

  @Test func aGraphMayDoWithoutNumbersOfFrames() throws {
    let folder = TemporaryFolder()
    let path = try spoiled("graphs/netvlad_light", in: folder) { $0.collections["num_frames"] = nil }
    #expect(try ExportedModel(path).frameCounts == nil)
  }

  @Test func refusesFlagsOfAnotherModel() throws {
    func flags(_ names: String, _ sizes: String, frames: Bool) -> String {
      #"{"feature_names": "\#(names)", "feature_sizes": "\#(sizes)", "frame_features": \#(frames)}"#
    }
    let cases = [
      (
        flags("rgb, audio", "1024, 128", frames: true),
        "inference_model.meta: takes 32 numbers of each frame but $/model_flags.json names features of 1024 + 128 = 1152"
      ),
      (
        flags("rgb", "24,8", frames: true),
        "model_flags.json: 1 feature names but 2 feature sizes: each feature needs both"
      ),
      (flags("rgb,audio", "24,-8", frames: true), "model_flags.json: '-8' cannot be the size of feature 'audio'"),
      (
        flags("rgb,audio", "24,99999999999", frames: true),
        "model_flags.json: '99999999999' cannot be the size of feature 'audio'"
      ),
      (
        flags("mean_rgb,mean_audio", "24,8", frames: false),
        "inference_model.meta: takes a tensor [?,20,32] but $/model_flags.json says that it takes video-level records,"
          + " of which [videos,features] are made"
      ),
      (
        #"{"feature_names": "rgb"}"#,
        "model_flags.json: does not say whether the model takes frames ('frame_features')"
      ),
      (#"{"frame_features": true}"#, "model_flags.json: has no string 'feature_names'"),
      ("[]", "model_flags.json: is not a JSON object"),
    ]
    for (flags, problem) in cases {
      let folder = TemporaryFolder()
      let path = try spoiled("graphs/netvlad_light", in: folder, flags: flags) { _ in }
      let text = complaint { _ = try ExportedModel(path) }.replacing(folder.path, with: "$")
      #expect(text == "$/" + problem)
    }
  }

  @Test func optionsStandInForFlags() throws {
    let folder = TemporaryFolder()
    let path = try spoiled("graphs/video_moe", in: folder) { _ in }
    try FileManager.default.removeItem(atPath: folder("model_flags.json"))
    #expect(complaint { _ = try ExportedModel(path) }.hasSuffix("model_flags.json: no such file or directory"))
    let model = try ExportedModel(path) { level in
      try ModelFlags(source: "options", names: "mean_audio, mean_rgb", sizes: "8, 24", level: level)
    }
    #expect(model.schema.level == .video && model.schema.inputs.map(\.size) == [8, 24])
  }

  @Test func findsTheModelOfAFolder() throws {
    let folder = TemporaryFolder()
    #expect(try ModelFolder.model(in: fixture("models/graphs/video_moe")).hasSuffix("video_moe/inference_model"))
    #expect(try ModelFolder.model(in: fixture("boliu/single1")).hasSuffix("single1/inference_model_20"))
    #expect(complaint { _ = try ModelFolder.model(in: folder("absent")) }.hasSuffix("absent: is not a folder"))
    try FileManager.default.createDirectory(atPath: folder("inference_model"), withIntermediateDirectories: false)
    folder.write([], "inference_model/inference_model.meta")
    #expect(try ModelFolder.model(in: folder.path) == folder("inference_model/inference_model"))
  }

  @Test func temporaryFoldersGoAway() throws {
    var unpacked: UnpackedModel? = try UnpackedModel(fixture("inference/model.tgz"), into: nil, existing: .refuse)
    let path = try #require(unpacked?.folder)
    #expect(FileStatus.exists(path + "/inference_model.meta"))
    unpacked = nil
    #expect(!FileStatus.exists(path))
    let folder = TemporaryFolder()
    unpacked = try UnpackedModel(fixture("inference/model.tgz"), into: folder("stays"), existing: .refuse)
    unpacked?.discard()
    #expect(FileStatus.exists(folder("stays/model_flags.json")))
  }

  @Test func aBrokenArchiveLeavesNothing() throws {
    let folder = TemporaryFolder()
    let archive = folder.write(Array(contents(fixture("inference/model.tgz")).prefix(100_000)), "cut.tgz")
    setenv("TMPDIR", folder.path, 1)
    defer { unsetenv("TMPDIR") }
    #expect(throws: KernelError.self) { _ = try UnpackedModel(archive, into: nil, existing: .refuse) }
    #expect(folder.names == ["cut.tgz"])
  }
}
