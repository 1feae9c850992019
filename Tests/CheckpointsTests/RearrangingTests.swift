import Bytes
import Checkpoints
import TestSupport
import Testing

/// Renaming, merging, splitting, resharding.
@Suite struct RearrangingTests {
  private let folder = TemporaryFolder()

  @Test(arguments: [
    ("s/b/X/", "abab", "aXab"), ("s/b/X/g", "abab", "aXaX"),
    ("s,^tower/,model_0/tower/,", "tower/w", "model_0/tower/w"),
    ("s/(.*)\\/w$/\\1\\/weights/", "a/b/w", "a/b/weights"), ("s/x*/-/g", "abc", "-a-b-c-"),
    ("s/./[&]/g", "ab", "[a][b]"),
    ("s/a|b/\\//g", "xaby", "x//y"), ("s/^a/b/g", "aaa", "baa"), ("s/é/e/", "café", "cafe"),
    ("s/q/r/", "abc", "abc"), ("s/b*/X/g", "abc", "XaXcX"), ("s/$/!/", "abc", "abc!"),
    ("s/\\//&&/g", "a/b", "a//b"),
  ])
  func substitutionsAsSedMakesThem(expression: String, name: String, expected: String) throws {
    #expect(try Renaming(substitutions: [expression])(TensorName(name)) == TensorName(expected))
  }

  @Test(arguments: ["", "s", "s/a/b", "s/a/b/x", "y/a/b/", "s/(/b/", "s/a/\\1/", "s/a/b/c/"])
  func malformedExpressions(expression: String) {
    #expect(throws: KernelError.self) { try Renaming(substitutions: [expression]) }
  }

  @Test func collisionsAreRefused() throws {
    let source = try openCheckpoint(fixture("boliu/single1/inference_model_20"))
    let error = #expect(throws: KernelError.self) {
      try Renaming(substitutions: ["s/.*/same/"]).plan(source)
    }
    #expect(error?.kind == .usage)
    #expect(throws: KernelError.self) { try Renaming(substitutions: ["s/.*//"]).plan(source) }
  }

  @Test func mapFiles() throws {
    let good = folder.write(Array("# comment\n\na b\nc d\tx y\r\n".utf8), "map")
    let error = #expect(throws: KernelError.self) {
      try Renaming(mapFile: folder.write(Array("a b c\n".utf8), "bad"))
    }
    #expect(error?.place == .line(1))
    let renaming = try Renaming(mapFile: good)
    #expect(renaming("a") == "b")
    #expect(renaming("c d") == "x y")
    #expect(renaming("other") == "other")
  }

  @Test func renamedSlicesAreFoundUnderTheNewNameAndRenamingBackRestoresTheFile() throws {
    let source = try openCheckpoint(fixture("tf1/part_sharded-5"))
    try BundleWriter(
      try Renaming(substitutions: ["s/^emb/renamed/"]).plan(source), to: folder("there"), existing: .refuse
    ).write(Workers(2))
    let there = try Bundle(prefix: folder("there"))
    #expect(there.index.tensors.contains { $0.name.description.hasPrefix("renamed") && $0.isSliced })
    try BundleWriter(
      try Renaming(substitutions: ["s/^renamed/emb/"]).plan(there), to: folder("back"), existing: .refuse
    ).write(Workers(2))
    #expect(contents(folder("back.index")) == contents(fixture("tf1/part_sharded-5.index")))
  }

  /// The graph of a TF2 checkpoint names its tensors' keys; renaming must change both.
  @Test func objectGraphFollowsItsTensors() throws {
    let source = try openCheckpoint(fixture("tf2/mgr/ckpt-3"))
    try BundleWriter(
      try Renaming(substitutions: ["s/ATTRIBUTES/RENAMED/"]).plan(source), to: folder("m"), existing: .refuse
    ).write(Workers(1))
    let renamed = try openCheckpoint(folder("m"))
    let graph = try renamed.checkedContents(of: #require(renamed.index(of: "_CHECKPOINTABLE_OBJECT_GRAPH"))).bytes
    let text = String(decoding: graph.array, as: UTF8.self)
    #expect(text.contains(".RENAMED/VARIABLE_VALUE") && !text.contains(".ATTRIBUTES/VARIABLE_VALUE"))
    try BundleWriter(
      try Renaming(substitutions: ["s/RENAMED/ATTRIBUTES/"]).plan(renamed), to: folder("back"), existing: .refuse
    ).write(Workers(1))
    #expect(try Bundle(prefix: folder("back")).tensors.map(\.name) == source.tensors.map(\.name))
  }

  @Test func splitAndMergeAreInverse() throws {
    let source = try openCheckpoint(fixture("boliu/single1/inference_model_20"))
    let parts = try Splitting(["*/weights=\(folder("a"))", "*=\(folder("b"))"]).plans(source)
    for (prefix, plan) in parts { try BundleWriter(plan, to: prefix, existing: .refuse).write(Workers(2)) }
    let merged = try OutputPlan(merging: parts.map { try openCheckpoint($0.prefix) })
    try BundleWriter(merged, to: folder("whole"), existing: .refuse).write(Workers(2))
    let whole = try openCheckpoint(folder("whole"))
    #expect(whole.tensors == source.tensors)
    for index in source.tensors.indices {
      #expect(try whole.checkedContents(of: index).bytes.array == source.checkedContents(of: index).bytes.array)
    }
    #expect(throws: KernelError.self) { try OutputPlan(merging: [source, whole]) }
    #expect(
      try OutputPlan(merging: [source, whole], scopes: ["a", "b"]).tensors.count == 2 * source.tensors.count)
    #expect(throws: KernelError.self) { try Splitting(["nothing=x"]).plans(source) }
    #expect(throws: KernelError.self) { try Splitting(["*"]) }
  }

  @Test(arguments: [1, 2, 5]) func reshardingKeepsEveryTensor(count: Int) throws {
    for name in ["tf2/sharded_cb", "tf1/part_sharded-5", "boliu/single1/inference_model_20"] {
      let source = try openCheckpoint(fixture(name))
      var plan = try OutputPlan(copying: source)
      plan.reshard(count)
      let prefix = folder("\(name.split(separator: "/").joined())-\(count)")
      try BundleWriter(plan, to: prefix, existing: .refuse).write(Workers(2))
      let result = try Bundle(prefix: prefix)
      #expect(result.index.header.shardCount == count)
      for index in source.tensors.indices {
        #expect(try result.checkedContents(of: index).bytes.array == source.checkedContents(of: index).bytes.array)
      }
    }
  }

  @Test func rolesByName() {
    let names: Set<TensorName> = ["w", "w/Adam", "w/Adam_1", "x/Momentum", "beta1_power", "a/beta2_power"]
    #expect(TensorRole(of: "w/Adam_1", among: names) == .optimizer)
    #expect(TensorRole(of: "x/Momentum", among: names) == .model)
    #expect(TensorRole(of: "a/beta2_power", among: names) == .optimizer)
    #expect(TensorRole(of: "w/ExponentialMovingAverage", among: names) == .shadow)
    #expect(TensorRole(of: "global_step", among: names) == .globalStep)
    #expect(TensorRole(of: "w", among: names) == .model)
  }
}
