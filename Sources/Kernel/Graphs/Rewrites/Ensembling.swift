import Bytes
import Tensors

/// How the predictions of several models become one.
public enum EnsembleRule: Sendable, Equatable {
  /// The weighted mean of the probabilities.
  case mean
  /// The probability whose log odds are the weighted mean of the models' log odds; probabilities are first kept
  /// ``EnsembleRule/leastProbability`` away from 0 and 1.
  case logit

  /// In float32, 1 less this is the nearest number below 1 but one.
  package static let leastProbability: Float = 0x1p-23
}

extension MetaGraph {
  /// One of the models of an ensemble.
  public struct EnsembleMember: Sendable {
    public var meta: MetaGraph
    public var weight: Float
    /// What the user calls it, for messages.
    public var name: String

    public init(_ meta: MetaGraph, weight: Float, name: String) {
      self.meta = meta
      self.weight = weight
      self.name = name
    }
  }

  /// One graph that feeds several models the same video and gives out one prediction (specs: miha2018 §5).
  ///
  /// Model `i` is under the scope `model_i`, its variables are saved as `model_i/…`. All are fed through the
  /// placeholders `CommonIn` and `Placeholder` (the number of frames); the prediction is `add…`, the sum of
  /// `mul…`, the products with the weights, from the left. Collections are put together, but `input_batch_raw`,
  /// `num_frames` and `predictions` name the common tensors. Members may be ensembles, and quantized, and may call
  /// functions: those that differ under the same name get new ones.
  ///
  /// - Throws: ``KernelError`` `.badData` when a member lacks one of those collections, or takes other videos or
  ///   predicts other classes than the first.
  public static func ensemble(_ members: [EnsembleMember], _ rule: EnsembleRule = .mean) throws -> MetaGraph {
    guard let first = members.first else { throw KernelError(.usage, "", "an ensemble needs models") }
    var result = MetaGraph()
    result.info = first.meta.info
    result.info?.removeOperatorList()
    let inputs = try members.map(EnsembleInputs.init)
    for (member, input) in zip(members, inputs) { try input.check(member.name, against: inputs[0], first.name) }
    let frames = inputs.lazy.compactMap(\.frames).first
    try result.addPlaceholder("CommonIn", inputs[0].videos.type, EnsembleInputs.common(inputs.map(\.videos.shape)))
    if let frames { try result.addPlaceholder("Placeholder", frames.type, PartialShape([-1])) }

    var variables: [GraphVariable] = []
    for (number, (member, input)) in zip(members, inputs).enumerated() {
      let scope = "model_\(number)"
      var model = try member.meta.scoped(under: scope)
      try model.graph.updateAll { $0.device = "" }
      try result.append(model, named: member.name)
      var sources = [input.videos.endpoint.scoped(scope): Endpoint("CommonIn")]
      if let frames = input.frames { sources[frames.endpoint.scoped(scope)] = Endpoint("Placeholder") }
      try result.connect(sources)
      variables += try member.meta.variables().filter(\.isSaved).map { variable in
        var variable = variable
        variable.node = scope + "/" + variable.node
        variable.key = scope + "/" + variable.key
        return variable
      }
    }
    let predictions = inputs.enumerated().map { $1.predictions.scoped("model_\($0)") }
    let output = try result.combine(predictions, members.map(\.weight), rule)
    result.collections["input_batch_raw"] = .names(["CommonIn:0"])
    if frames != nil { result.collections["num_frames"] = .names(["Placeholder:0"]) }
    result.collections["predictions"] = .names([output.tensorName])
    try result.rebuildSaver(for: variables)
    return result
  }

  /// Puts the nodes and collections of a model beside those that are here.
  private mutating func append(_ model: MetaGraph, named name: String) throws {
    var model = model
    do { try FunctionLibrary.join(&model.graph, into: &graph) } catch var error as KernelError {
      error.source = name
      throw error
    }
    for field in model.graph.other.fields where !graph.other.fields.contains(where: { $0.number == field.number }) {
      graph.other.fields.append(field)
    }
    try graph.insert(model.graph.nodes)
    if let versions = model.graph.versions {
      var common = graph.versions ?? versions
      common.producer = min(common.producer, versions.producer)
      common.minimumConsumer = max(common.minimumConsumer, versions.minimumConsumer)
      common.badConsumers = Set(common.badConsumers + versions.badConsumers).sorted()
      graph.versions = common
    }
    for entry in model.collections.entries {
      collections[entry.name] = try collections[entry.name]?.joined(entry.value, entry.name, name) ?? entry.value
    }
  }

  /// Adds the nodes that make one prediction of several.
  private mutating func combine(
    _ predictions: [Endpoint], _ weights: [Float], _ rule: EnsembleRule
  ) throws -> Endpoint {
    let float = AttributeValue.type(TypeCode(.float32))
    // TensorFlow 1.8 does not know AddV2; a model that newer ones exported has it already.
    let add = graph.nodes.contains { $0.op == "AddV2" } ? "AddV2" : "Add"
    func operation(_ name: String, _ op: String, _ inputs: [Endpoint]) -> Node {
      Node(name, op, of: inputs, attributes: ["T": float])
    }
    func numbered(_ name: String, _ number: Int) -> String { number == 0 ? name : "\(name)_\(number)" }
    var terms = predictions
    if rule == .logit {
      let least = EnsembleRule.leastProbability
      try graph.insert([
        Node("logit/least", constant: .float(least)), Node("logit/most", constant: .float(1 - least)),
        Node("logit/one", constant: .float(1)),
      ])
      for (number, prediction) in predictions.enumerated() {
        let scope = numbered("logit", number) + "/"
        try graph.insert([
          operation(scope + "Maximum", "Maximum", [prediction, Endpoint("logit/least")]),
          operation(scope + "Minimum", "Minimum", [Endpoint(scope + "Maximum"), Endpoint("logit/most")]),
          operation(scope + "sub", "Sub", [Endpoint("logit/one"), Endpoint(scope + "Minimum")]),
          operation(scope + "truediv", "RealDiv", [Endpoint(scope + "Minimum"), Endpoint(scope + "sub")]),
          operation(scope + "Log", "Log", [Endpoint(scope + "truediv")]),
        ])
        terms[number] = Endpoint(scope + "Log")
      }
    }
    for (number, (term, weight)) in zip(terms, weights).enumerated() {
      let name = numbered("mul", number)
      try graph.insert([
        Node(name + "/y", constant: .float(weight)), operation(name, "Mul", [term, Endpoint(name + "/y")]),
      ])
    }
    var sum = Endpoint("mul")
    for number in 1..<max(1, terms.count) {
      let name = numbered("add", number - 1)
      try graph.insert(operation(name, add, [sum, Endpoint(numbered("mul", number))]))
      sum = Endpoint(name)
    }
    guard rule == .logit else { return sum }
    try graph.insert(operation("Sigmoid", "Sigmoid", [sum]))
    return Endpoint("Sigmoid")
  }
}

/// What a member of an ensemble takes and gives.
private struct EnsembleInputs {
  struct Input {
    let endpoint: Endpoint
    let type: TypeCode
    let shape: PartialShape
  }

  /// `[videos, frames, features]`, or without frames.
  let videos: Input
  /// `nil` when the model has no use for the number of frames.
  let frames: Input?
  let predictions: Endpoint
  /// How many classes are predicted, where the graph tells.
  let classes: Int?

  init(_ member: MetaGraph.EnsembleMember) throws {
    do {
      let meta = member.meta
      videos = try EnsembleInputs.input("input_batch_raw", meta)
      frames = meta.collections["num_frames"] == nil ? nil : try EnsembleInputs.input("num_frames", meta)
      predictions = try meta.tensor(in: "predictions")
      classes = try EnsembleInputs.classes(meta)
    } catch var error as KernelError where error.source.isEmpty {
      error.source = member.name
      throw error
    }
  }

  private static func input(_ collection: String, _ meta: MetaGraph) throws -> Input {
    let endpoint = try meta.tensor(in: collection)
    let node = try meta.graph.node(endpoint.node, for: "collection \(collection)")
    guard node.op.hasPrefix("Placeholder") else {
      throw node.error(
        "is a \(node.op.printable), but what goes in must be a placeholder",
        hint: "export the model for inference (build_only), without its input pipeline")
    }
    return Input(
      endpoint: endpoint, type: node.attributes.type("dtype") ?? TypeCode(.float32),
      shape: node.attributes.shape("shape") ?? .unknown)
  }

  /// The last extent of what the labels come from: a placeholder, or one that is cast.
  private static func classes(_ meta: MetaGraph) throws -> Int? {
    guard let label = meta.names(in: "labels").first.flatMap(Endpoint.init(parsing:)),
      var node = meta.graph[label.node]
    else { return nil }
    if node.op == "Cast", let source = node.dataInputs.first {
      node = try meta.graph.node(source.node, for: node.name)
    }
    return node.attributes.shape("shape")?.dimensions?.last.flatMap { $0 > 0 ? $0 : nil }
  }

  /// Refuses a model that cannot be fed or added up with another.
  func check(_ name: String, against other: EnsembleInputs, _ otherName: String) throws {
    func refuse(_ problem: String) -> KernelError {
      KernelError(
        .badData, name, problem, hint: "models of an ensemble see the same videos and predict the same classes")
    }
    guard videos.type == other.videos.type, videos.shape.isCompatible(with: other.videos.shape) else {
      throw refuse(
        "takes videos of \(videos.type) \(videos.shape) where \(otherName) takes \(other.videos.type) \(other.videos.shape)"
      )
    }
    if let mine = frames?.type, let others = other.frames?.type, mine != others {
      throw refuse("takes numbers of frames of type \(mine) where \(otherName) takes \(others)")
    }
    if let mine = classes, let others = other.classes, mine != others {
      throw refuse("predicts \(mine) classes where \(otherName) predicts \(others)")
    }
  }

  /// All that is known of a shape from several that fit each other.
  static func common(_ shapes: [PartialShape]) -> PartialShape {
    shapes.reduce(.unknown) { known, shape in
      guard let mine = known.dimensions else { return shape }
      guard let others = shape.dimensions else { return known }
      return PartialShape(zip(mine, others).map { $0 < 0 ? $1 : $0 })
    }
  }
}

extension Endpoint {
  fileprivate func scoped(_ scope: String) -> Endpoint { Endpoint(scope + "/" + node, output) }
}

extension Collection {
  /// The entries of both.
  fileprivate func joined(_ other: Collection, _ name: String, _ model: String) throws -> Collection {
    switch (self, other) {
    case (.names(let mine), .names(let others)): return .names(mine + others)
    case (.bytes(let mine), .bytes(let others)): return .bytes(mine + others)
    case (.ints(let mine), .ints(let others)): return .ints(mine + others)
    case (.floats(let mine), .floats(let others)): return .floats(mine + others)
    case (_, .none): return self
    case (.none, _): return other
    default:
      throw KernelError(
        .badData, model, "the collection \(name.printable) holds something else than in another model")
    }
  }
}
