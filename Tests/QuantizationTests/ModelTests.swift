import Bytes
import Checkpoints
import Graphs
import Quantization
import Tensors
import TestSupport
import Testing
import Models

/// Whole models against what the 2018 1st place's program made of them; `make interop` lets TensorFlow run such models.
@Suite struct ModelTests {
  private let folder = TemporaryFolder()

  private func model(_ name: String) throws -> ModelFiles {
    try ModelFiles(fixture("quantized/\(name)/inference_model"))
  }

  /// The model quantized and written, opened again.
  @discardableResult private func quantized(
    _ model: ModelFiles, _ quantization: Quantization, as name: String = "made", workers: Int = 2
  ) throws -> (model: ModelFiles, outcomes: [TensorOutcome]) {
    let result = try quantization.plan(model, Workers(workers))
    try BundleWriter(
      result.plan.tensors, to: folder(name), with: try result.plan.companions(of: folder(name)), existing: .replace
    ).write(Workers(workers))
    return (try ModelFiles(folder(name)), result.outcomes)
  }

  private func goal(_ transform: Transform, above minElements: Int) -> Quantization {
    var quantization = Quantization(.transform(transform))
    quantization.minElements = minElements
    return quantization
  }

  private func tensors(_ source: any TensorSource) throws -> [String: [UInt8]] {
    try Dictionary(
      uniqueKeysWithValues: source.tensors.indices.map {
        (source.tensors[$0].name.description, try source.checkedContents(of: $0).bytes.array)
      })
  }

  /// Name, operator and inputs of each node outside savers.
  private func nodes(_ meta: MetaGraph) -> Set<String> {
    Set(
      meta.graph.nodes.filter { !$0.name.hasPrefix("save") }.map {
        "\($0.name) \($0.op) \($0.inputs.map(\.description))"
      })
  }

  @Test(arguments: [
    ("netvlad", "netvlad_float16", Transform.float16, 300),
    ("netvlad", "netvlad_quant_uniform", .codes(.uniform, bits: 8), 300),
    ("netvlad", "netvlad_quant_quantile", .codes(.quantile, bits: 8), 300),
    ("lstm", "lstm_quant_uniform", .codes(.uniform, bits: 8), 700),
  ])
  func sameBytesAsTheReference(source: String, expected: String, transform: Transform, minElements: Int) throws {
    let made = try quantized(try model(source), goal(transform, above: minElements)).model
    let reference = try openCheckpoint(fixture("quantized/\(expected)/inference_model"))
    #expect(made.source.tensors == reference.tensors)
    #expect(try tensors(made.source) == tensors(reference))
    #expect(folder.names.contains("model_flags.json"))
  }

  @Test(arguments: [
    ("netvlad", "netvlad_float16", Transform.float16, 300),
    ("netvlad", "netvlad_quant_uniform", .codes(.uniform, bits: 8), 300),
    ("lstm", "lstm_quant_uniform", .codes(.uniform, bits: 8), 700),
  ])
  func sameNodesAsTheReference(source: String, expected: String, transform: Transform, minElements: Int) throws {
    let made = try quantized(try model(source), goal(transform, above: minElements)).model
    let reference = try MetaGraph(reading: fixture("quantized/\(expected)/inference_model.meta"))
    #expect(nodes(made.graph) == nodes(reference))
    #expect(try made.graph.variableDefinitions().map(\.variable) == reference.variableDefinitions().map(\.variable))
    #expect(try made.graph.savedVariables().map(\.key) == made.source.tensors.map(\.name.description))
  }

  @Test func kMeansIsBetterThanTheReference() throws {
    let made = try quantized(try model("netvlad"), goal(.codes(.kMeans, bits: 8), above: 300))
    let original = try tensors(try model("netvlad").source)
    let reference = try tensors(openCheckpoint(fixture("quantized/netvlad_quant_kmeans/inference_model")))
    #expect(made.outcomes.count == 3)
    for outcome in made.outcomes {
      let values = floats(original[outcome.name] ?? [])
      let space = floats(reference[outcome.name + "_space"] ?? [])
      let codes = reference[outcome.name + "_quants"] ?? []
      #expect(values.count == codes.count)
      let theirs = zip(values, codes).reduce(0) { sum, item in
        let error = Double(item.0) - Double(space[Int(item.1)])
        return sum + error * error
      }
      #expect(outcome.errors.squares < theirs)
      #expect(try #require(outcome.bound) < 1.00001)
    }
  }

  private func floats(_ bytes: [UInt8]) -> [Float] {
    bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }

  @Test(
    arguments: [
      Transform.float16, .codes(.uniform, bits: 8), .codes(.kMeans, bits: 5), .codes(.quantile, bits: 4),
    ], [true, false])
  func dequantizingGivesTheGraphBack(transform: Transform, keepsOriginals: Bool) throws {
    let original = try model("lstm")
    var quantization = goal(transform, above: 700)
    quantization.keepsOriginals = keepsOriginals
    let made = try quantized(original, quantization)
    #expect(made.model.graph.graph.contains(made.outcomes[0].name) == keepsOriginals)
    let (plan, restored) = try Dequantization.plan(made.model)
    #expect(restored.map(\.name).sorted() == made.outcomes.map(\.name).sorted())
    try BundleWriter(
      plan.tensors, to: folder("back"), with: try plan.companions(of: folder("back")), existing: .refuse
    ).write(Workers(2))
    let back = try ModelFiles(folder("back"))
    #expect(back.source.tensors == original.source.tensors)
    if keepsOriginals { #expect(nodes(back.graph) == nodes(original.graph)) }
    try back.graph.graph.checkInputs()
    #expect(try back.graph.savedVariables().map(\.key) == original.graph.savedVariables().map(\.key))
    // Errors found while encoding are those of the decoded tensors.
    let compared = try Dequantization.errors(of: made.model, from: original.source, Workers(2))
    for outcome in made.outcomes {
      let found = try #require(compared.first { $0.name == outcome.name })
      #expect(found.errors.count == outcome.errors.count && found.errors.worst == outcome.errors.worst)
      #expect(abs(found.errors.squares - outcome.errors.squares) <= 1e-12 * outcome.errors.squares)
      #expect(found.byteCount == outcome.byteCount)
    }
    #expect(throws: KernelError.self) { try Dequantization.plan(back) }
  }

  @Test func referenceModelsAreDequantized() throws {
    let model = try model("netvlad_quant_uniform")
    let (plan, restored) = try Dequantization.plan(model)
    #expect(restored.count == 3)
    #expect(!plan.graph.graph.nodes.contains { $0.op == "GatherV2" || $0.name.hasSuffix("_quants") })
    try plan.graph.graph.checkInputs()
  }

  @Test func ensemblesAreQuantizedAndTwiceIsOnce() throws {
    let ensemble = try model("ensemble")
    #expect(try Dequantization.plan(ensemble).restored.count == 6)
    let once = try quantized(ensemble, goal(.codes(.kMeans, bits: 8), above: 100))
    // What is quantized already stays, codebooks too.
    #expect(!once.outcomes.isEmpty)
    #expect(!once.outcomes.contains { $0.name.hasSuffix("_space") })
    #expect(try Dequantization.plan(once.model).restored.count == 6 + once.outcomes.count)
    let twice = try quantized(once.model, goal(.codes(.kMeans, bits: 8), above: 100), as: "twice")
    #expect(twice.outcomes.isEmpty)
    #expect(try tensors(twice.model.source) == tensors(once.model.source))
    var dropping = goal(.float16, above: 100)
    dropping.keepsOriginals = false
    let dropped = try quantized(twice.model, dropping, as: "dropped").model
    #expect(dropped.graph.graph.nodes.count < twice.model.graph.graph.nodes.count)
    let saved = Set(try dropped.graph.savedVariables().map(\.node))
    #expect(dropped.graph.graph.nodes.filter(\.isVariable).allSatisfy { saved.contains($0.name) })
  }

  @Test func theSameBytesForAnyThreadCount() throws {
    let files = try [1, 3].map { count in
      try quantized(
        try model("netvlad"), goal(.codes(.kMeans, bits: 6), above: 100), as: "made\(count)", workers: count)
      return ["data-00000-of-00001", "index", "meta"].map { contents(folder("made\(count).\($0)")) }
    }
    #expect(files[0] == files[1])
  }

  @Test func selectionLimitsAndPruning() throws {
    var quantization = goal(.float16, above: 0)
    quantization.isChosen = { $0.hasSuffix("experts/weights") }
    #expect(try quantized(try model("netvlad"), quantization).outcomes.map(\.name) == ["tower/experts/weights"])
    // A limit is exceeded, not reached.
    #expect(try quantized(try model("netvlad"), goal(.float16, above: 384), as: "a").outcomes.count == 2)
    #expect(try quantized(try model("netvlad"), goal(.float16, above: 383), as: "b").outcomes.count == 3)
    quantization.prunes = true
    let pruned = try quantized(try model("netvlad"), quantization, as: "pruned").model
    #expect(pruned.graph.names(in: "summaries").isEmpty)
    #expect(pruned.graph.graph.nodes.count < (try model("netvlad")).graph.graph.nodes.count)
  }
}
