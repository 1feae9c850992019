import Bytes
import Checkpoints
import TestSupport
import Testing

/// State files that TensorFlow wrote, and text proto in all its spellings.
@Suite struct StateTests {
  private let folder = TemporaryFolder()

  @Test func whatTensorFlowWroteIsReadAndWrittenAgain() throws {
    for name in [
      "tf1/state/checkpoint", "tf1/state/checkpoint_rel", "tf1/state/checkpoint_weird", "tf2/mgr/checkpoint",
      "tfx/checkpoint",
    ] {
      let state = try CheckpointState(reading: fixture(name))
      #expect(Array(state.text.utf8) == contents(fixture(name)), "\(name)")
    }
    #expect(try CheckpointState(reading: fixture("tf1/state/checkpoint_weird")).latest.hasSuffix("we\"ird é.ckpt"))
  }

  @Test func anySpellingOfTextProto() throws {
    let text = """
      # a comment
      model_checkpoint_path:'a\\x62\\143' "d\\u00e9";
      all_model_checkpoint_paths : "one" , all_model_checkpoint_paths:"\\"q\\""
      all_model_checkpoint_timestamps: 1.5e3 last_preserved_timestamp: -2
      """
    let state = try CheckpointState(reading: folder.write(Array(text.utf8), "checkpoint"))
    #expect(state.latest == "abcdé")
    #expect(state.all == ["one", "\"q\""])
    #expect(state.timestamps == [1500])
    #expect(state.lastPreserved == -2)
  }

  @Test(arguments: [
    "", "model_checkpoint_path", "model_checkpoint_path: ", "model_checkpoint_path: \"a", "x: 1",
    "model_checkpoint_path: \"\\q\"", "model_checkpoint_path: \"\\400\"", "model_checkpoint_path: \"\\xff\"", "{",
    "a { b: 1 }",
    "model_checkpoint_path: \"\"", "all_model_checkpoint_paths: \"a\"", "model_checkpoint_path: \"\\ud800\"",
  ])
  func brokenStates(text: String) {
    let path = folder.write(Array(text.utf8), "checkpoint")
    let error = #expect(throws: KernelError.self) { try CheckpointState(reading: path) }
    #expect(error?.kind == .badData)
  }

  @Test func checkpointsAreFoundByAnyOfTheirNames() throws {
    let prefix = fixture("boliu/single1/inference_model_20")
    for name in [prefix, prefix + ".index", prefix + ".meta", prefix + ".data-00000-of-00001"] {
      #expect(try CheckpointLocation(name) == .bundle(prefix: prefix))
    }
    #expect(try CheckpointLocation(fixture("tf2/mgr")) == .bundle(prefix: fixture("tf2/mgr/ckpt-4")))
    #expect(try CheckpointLocation(fixture("tf2/mgr/checkpoint")) == .bundle(prefix: fixture("tf2/mgr/ckpt-4")))
    // The state file names a folder that is gone; the checkpoint is beside it.
    #expect(try CheckpointLocation(fixture("tf1/state")) == .bundle(prefix: fixture("tf1/state/model.ckpt-3")))
    let error = #expect(throws: KernelError.self) {
      try CheckpointLocation(fixture("boliu/single1/inference_model_2"))
    }
    #expect(error?.kind == .noInput)
    #expect(error?.hint == "did you mean \(prefix)?")
  }

  @Test func repairNamesWhatIsThere() throws {
    for suffix in [".index", ".data-00000-of-00001"] {
      folder.write(contents(fixture("tf1/state/model.ckpt-3" + suffix)), "model.ckpt-3" + suffix)
    }
    folder.write(
      Array(
        "model_checkpoint_path: \"/gone/model.ckpt-9\"\nall_model_checkpoint_paths: \"/gone/model.ckpt-3\"\n".utf8),
      "checkpoint")
    let found = try StateFolder(folder.path)
    #expect(
      try found.report().map(\.problem) == [
        "is not there any more, but model.ckpt-3 is in this folder", "does not exist",
      ])
    let repaired = try found.repaired()
    #expect(repaired.state == CheckpointState(latest: "model.ckpt-3"))
    #expect(repaired.changes.count == 2)
    try repaired.state.write(to: folder.path)
    #expect(try found.report().map(\.problem) == [nil])
    #expect(try found.repaired().changes == [])
    #expect(throws: KernelError.self) { try found.setting(latest: "model.ckpt-4") }
    #expect(try found.setting(latest: "model.ckpt-3.index").latest == "model.ckpt-3")
  }

  @Test func seriesOfCheckpoints() throws {
    for step in [5, 10, 20, 100] { folder.write([], "model.ckpt-\(step).index") }
    folder.write([], "model2.ckpt-15.index")
    #expect(
      try CheckpointSeries.between(prefix: folder("model"), range: "10,20") == [
        folder("model.ckpt-10"), folder("model.ckpt-20"),
      ])
    #expect(CheckpointSeries.listed(prefix: "p-", items: "1, 2") == ["p-1", "p-2"])
    #expect(throws: KernelError.self) { try CheckpointSeries.between(prefix: folder("model"), range: "11,19") }
    #expect(throws: KernelError.self) { try CheckpointSeries.between(prefix: folder("model"), range: "20,10") }
    try CheckpointState(latest: "c", all: ["a", "b"]).write(to: folder.path)
    #expect(try CheckpointSeries.last(2, prefix: folder("x")) == [folder("b"), folder("c")])
    #expect(throws: KernelError.self) { try CheckpointSeries.last(4, prefix: folder("x")) }
  }
}
