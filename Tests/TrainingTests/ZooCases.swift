import Checkpoints
import Execution
import Foundation
import Graphs
import Tensors
import TestSupport
import Testing

@testable import Training

/// A model of the references with its flags, weights, inputs and predictions.
struct ZooCase {
  let model: any VideoModel
  var flags: Hyperparameters
  let checkpoint: any TensorSource
  let arrays: any TensorSource
  let facts: [String: Any]
  let featureSizes: [Int]
  let classCount: Int
  /// The seed attributes of random operators, in their order.
  var seeds: [(Int, Int)] = []
  private var rounds = 1

  /// A case of the first place of 2018: `models/graphs/dbof`, `training/dbof`.
  init(miha folder: String, checkpoint: String = "inference_model") throws {
    facts = try ZooCase.json(folder + "/case.json")
    var flags = Hyperparameters(.miha)
    for (key, value) in facts["flags"] as? [String: Any] ?? [:] {
      if key == "n_rounds" { rounds = value as? Int ?? 1 } else { try flags.set(key, [ZooCase.text(value)]) }
    }
    self.flags = flags
    model = try Zoo.model(named: #require(facts["model"] as? String))
    self.checkpoint = try openCheckpoint(fixture(folder + "/" + checkpoint))
    arrays = try openCheckpoint(fixture(folder + "/io.npz"))
    featureSizes = [24, 8]
    classCount = 12
    let random = facts["random_ops"] as? [String: [String: Any]] ?? [:]
    seeds = random.sorted { ($0.key.utf8.count, $0.key) < ($1.key.utf8.count, $1.key) }.map {
      ($0.value["seed"] as? Int ?? 0, $0.value["seed2"] as? Int ?? 0)
    }
  }

  /// A case of the first place of 2017 or of the tenth of 2018.
  init(willow folder: String) throws {
    facts = try ZooCase.json(folder + "/flags.json")
    let code = try #require(facts["code"] as? String)
    var flags = Hyperparameters(Lineage(rawValue: code) ?? .willow)
    for (key, value) in facts["model_flags"] as? [String: Any] ?? [:] where key != "alpha" {
      try flags.set(key, [ZooCase.text(value)])
    }
    for (key, flag) in [
      ("cluster_size", "netvlad_cluster_size"), ("hidden_size", "netvlad_hidden_size"),
      ("ensemble_wts", "ensemble_wts"),
    ] {
      guard let list = facts[key] as? [Any] else { continue }
      try flags.set(flag, list.map(ZooCase.text))
      flags.ensembleNum = list.count
    }
    self.flags = flags
    model = try Zoo.model(named: #require(facts["model"] as? String))
    checkpoint = try openCheckpoint(fixture(folder + "/model.ckpt-1234"))
    arrays = try openCheckpoint(fixture(folder + "/io.npz"))
    featureSizes = [1024, 128]
    classCount = 25
  }

  /// A case of the ninth place of 2019, or of the starter code.
  init(of2019 folder: String) throws {
    facts = try ZooCase.json(folder + "/case.json")
    var flags = Hyperparameters(facts["repo"] as? String == "tm" ? .tm : .miha)
    if facts["repo"] as? String == "google" { flags.dbofActivation = "sigmoid" }
    for (key, value) in facts["flags"] as? [String: Any] ?? [:] {
      switch (key, value as? String) {
      case ("bert_config_file", let name?): try flags.read(bertConfiguration: fixture("zoo2019/" + name))
      // The reference takes any other word than `prob` for it.
      case ("moe_prob_gating_input", "feature"): flags.moeProbGatingInput = "input"
      default: try flags.set(key, [ZooCase.text(value)])
      }
    }
    self.flags = flags
    model = try Zoo.model(named: #require(facts["model"] as? String))
    checkpoint = try openCheckpoint(fixture(folder + "/model.ckpt-1234"))
    arrays = try openCheckpoint(fixture(folder + "/io.npz"))
    featureSizes = [24, 8]
    classCount = 12
  }

  private static func json(_ name: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(fixtureBytes(name))) as? [String: Any])
  }

  private static func text(_ value: Any) -> String {
    value as? String ?? (value as? NSNumber)?.stringValue ?? "\(value)"
  }
}

/// A graph with the ends that tests need.
struct BuiltModel {
  let graph: GraphBuilder
  let build: ModelBuilder
  let features: Endpoint
  let frameCounts: Endpoint
  let predictions: Endpoint
}

extension ZooCase {
  func built(isTraining: Bool = false) throws -> BuiltModel {
    let graph = GraphBuilder()
    let build = ModelBuilder(graph, isTraining: isTraining, flags)
    let shape = try arrays.tensor(arrays.has("quantized") ? "quantized" : "input_batch_raw").shape.dimensions
    let dimensions = model.takesFrames ? [-1] + shape.suffix(2) : [-1] + shape.suffix(1)
    let features = try graph.placeholder("features", .float32, dimensions)
    let counts = try graph.placeholder("counts", .int32, [-1])
    let normalized = try graph.l2Normalize(features, axis: features.rank - 1)
    let input = ModelInput(
      features: normalized, featureSizes: featureSizes, frameCounts: counts, classCount: classCount)
    let predictions = try graph.inScope(flags.lineage.scope) { try model.predictions(of: input, build) }
    return BuiltModel(
      graph: graph, build: build, features: features.endpoint, frameCounts: counts.endpoint,
      predictions: predictions.endpoint)
  }

  /// Our graph's predictions with the reference's weights, for batch `step` where there are several.
  func predictions(isTraining: Bool = false, step: Int? = nil) throws -> [Float] {
    let built = try built(isTraining: isTraining)
    var meta = built.graph.meta
    let draws = meta.graph.nodes.filter { $0.op == "RandomUniform" && !$0.name.contains("/Initializer") }
    for (node, seed) in zip(draws, seeds) {
      try meta.graph.update(node.name) { node in
        node.attributes["seed"] = .int(seed.0)
        node.attributes["seed2"] = .int(seed.1)
      }
    }
    let session = try Session(meta, path: "built", checkpoint: checkpoint)
    var feeds = [built.features: try features(step), built.frameCounts: try counts(step)]
    for (number, node) in draws.enumerated() where arrays.has("u\(number)") && seeds.isEmpty {
      feeds[Endpoint(node.name)] = try arrays.tensor("u\(number)")
    }
    return try session.run([built.predictions], feeding: feeds)[0].array(of: Float.self)
  }

  func counts(_ step: Int?) throws -> Tensor {
    let all = try arrays.tensor("num_frames")
    let tensor = try step.map { try all.row($0) } ?? all
    if tensor.dtype == .int32 { return tensor }
    let whole = tensor.array(of: Float.self).map { Int32($0) }
    return try #require(Tensor(whole, tensor.shape))
  }

  /// Dequantized as the reference's readers do, zeros after the last frame.
  func features(_ step: Int?) throws -> Tensor {
    guard arrays.has("quantized") else {
      let all = try arrays.tensor("input_batch_raw")
      return try step.map { try all.row($0) } ?? all
    }
    let bytes = try arrays.tensor("quantized")
    let counts = try arrays.tensor("num_frames").array(of: Int32.self)
    let (frames, width) = (bytes.shape.dimensions[1], bytes.shape.dimensions[2])
    let values = bytes.array(of: UInt8.self).enumerated().map { place, q in
      place / width % frames < counts[place / width / frames] ? Float(q) * (4 / 255) + (4 / 512 - 2) : 0
    }
    return try #require(Tensor(values, bytes.shape))
  }

  /// The largest difference from what an array has, or its first rows.
  func difference(_ found: [Float], from name: String, step: Int? = nil) throws -> Float {
    let all = try arrays.tensor(name)
    let expected = try step.map { try all.row($0) } ?? all
    let first = expected.array(of: Float.self).prefix(found.count)
    #expect(first.count == found.count)
    let differences = zip(found, first).map { ($0 - $1).magnitude }
    return try #require(differences.max())
  }
}

struct MissingArray: Error { var name: String }

extension TensorSource {
  func has(_ name: String) -> Bool { index(of: TensorName(name)) != nil }

  func tensor(_ name: String) throws -> Tensor {
    guard let index = index(of: TensorName(name)) else { throw MissingArray(name: name) }
    return try Tensor(tensors[index].dtype, tensors[index].shape, bytes: try contents(of: index).bytes)
  }
}

extension Tensor {
  /// One of its outermost slices.
  func row(_ number: Int) throws -> Tensor {
    let shape = try #require(Shape(Array(shape.dimensions.dropFirst())))
    let range = number * shape.elementCount..<(number + 1) * shape.elementCount
    if dtype == .uint8 { return try #require(Tensor(Array(array(of: UInt8.self)[range]), shape)) }
    if dtype == .int32 { return try #require(Tensor(Array(array(of: Int32.self)[range]), shape)) }
    return try #require(Tensor(Array(array(of: Float.self)[range]), shape))
  }
}
