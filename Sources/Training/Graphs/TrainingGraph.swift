import Gradients
import Graphs
import Tensors

/// A model, its loss, its gradients and its optimizer as one graph of TensorFlow's operators, which TensorFlow can train
/// too.
package struct TrainingGraph {
  package let meta: MetaGraph
  // What is fed.
  /// `[videos, frames, features]` or `[videos, features]`, float32, as the reader gives them.
  package let features: Endpoint
  /// `[videos]`, int32.
  package let frameCounts: Endpoint
  /// `[videos, classes]`, bool.
  package let labels: Endpoint
  /// `[videos, classes]`, float32: only for distillation.
  package let teacher: Endpoint?
  // What is fetched.
  package let predictions: Endpoint
  /// Without the penalties.
  package let loss: Endpoint
  /// The sum of the weights' penalties, before their factor; `nil` when no weight has one.
  package let penalty: Endpoint?
  package let learningRate: Endpoint
  package let globalStep: Endpoint
  /// The gradients of the whole loss before clipping, by the variables' names.
  package let gradients: [String: Endpoint]
  // What is run.
  /// The nodes that give all variables their first values.
  package let initializers: [String]
  /// One step: forward, backward, update.
  package let trainStep: String
  /// Moves the averages of the weights along after a step; `nil` when there are none, or the step does it.
  package let averageStep: String?
  /// The variables that have a moving average whose first value comes from elsewhere.
  package let averaged: [String]
}

extension TrainingGraph {
  /// Builds the graph.
  ///
  /// - Parameter seed: of the first weights and of whatever else is random; without one they differ each time.
  /// - Throws: ``KernelError`` when model, hyperparameters and videos do not fit each other.
  package init(
    _ model: any VideoModel, _ flags: Hyperparameters, _ videos: VideoShape, _ recipe: TrainingRecipe, seed: Int?
  ) throws {
    let graph = GraphBuilder(seed: seed)
    let step = try graph.variable(
      "global_step", [], .int32(0), isTrained: false, collections: ["global_step"])
    let rate = try recipe.learningRate(step, graph)

    let inputs = try graph.scope("train_input") {
      (
        features: try graph.placeholder("features", .float32, videos.dimensions),
        frameCounts: try graph.placeholder("num_frames", .int32, [-1]),
        labels: try graph.placeholder("labels", .bool, [-1, videos.classCount]),
        teacher: try recipe.needsTeacher
          ? graph.placeholder("predictions", .float32, [-1, videos.classCount]) : nil
      )
    }
    let normalized = try graph.l2Normalize(inputs.features, axis: inputs.features.rank - 1)
    let build = ModelBuilder(graph, isTraining: true, flags)
    let input = ModelInput(
      features: normalized, featureSizes: videos.featureSizes, frameCounts: inputs.frameCounts,
      classCount: videos.classCount)
    let predictions = try graph.inScope(recipe.variableScope) { try model.predictions(of: input, build) }
    let labels = try graph.cast(inputs.labels, to: .float32)
    let loss = try recipe.loss.build(predictions, labels, teacher: inputs.teacher, graph)
    let penalty = try build.penalties.isEmpty ? nil : graph.addN(build.penalties, name: "reg_loss")
    let objective =
      try penalty.map { try graph.add(graph.multiply($0, recipe.regularizationPenalty), loss) } ?? loss

    let trained = graph.variables.filter(\.isTrained)
    let found = try graph.gradients(of: objective, for: trained.map(\.value))
    let gradients = zip(trained, found).compactMap { variable, gradient in gradient.map { (variable, $0) } }
    let clipped = try gradients.map { variable, gradient in
      (variable: variable, gradient: try recipe.clipped(gradient, graph))
    }
    // Built before the updates, which so wait for the weights to have been read.
    let early = try recipe.averageDecay(.always).map {
      try graph.average(trained, decay: $0, scope: recipe.variableScope, from: { .firstValue(of: $0) })
    }
    let updates = try recipe.optimizer.build(clipped, rate: rate, scope: recipe.optimizerScope, graph)
    let count = try graph.after(updates) {
      try graph.update("AssignAdd", step, graph.constant(1, name: "one"))
    }
    trainStep = try graph.group(
      updates + build.updates + [count] + [early].compactMap { $0 }, name: "train_op")

    let model = graph.variables.filter { $0.isTrained || $0.isModelVariable }
    // Those that start at zero are meant to be loaded.
    let late = recipe.averageDecay(.sinceSource)
    averageStep = try late.map { try graph.average(model, decay: $0, scope: "", from: { .zerosLike($0) }) }
    averaged = late == nil ? [] : model.map(\.name)

    graph.meta.collections["input_batch_raw"] = .names([inputs.features.endpoint.tensorName])
    graph.meta.collections["input_batch"] = .names([normalized.endpoint.tensorName])
    graph.meta.collections["num_frames"] = .names([inputs.frameCounts.endpoint.tensorName])
    graph.meta.collections["predictions"] = .names([predictions.endpoint.tensorName])
    graph.meta.collections["labels"] = .names([labels.endpoint.tensorName])
    graph.meta.collections["loss"] = .names([loss.endpoint.tensorName])
    graph.meta.collections["train_op"] = .names([trainStep])
    // Gradients that nobody asked for, and parts that became one.
    let ends =
      [predictions, loss, rate, inputs.features, inputs.frameCounts, inputs.labels, labels]
      + graph.variables.map(\.value) + gradients.map(\.1) + [inputs.teacher, penalty].compactMap { $0 }
    try graph.meta.graph.prune(
      to: ends.map(\.endpoint.node) + [trainStep] + [averageStep].compactMap { $0 }
        + graph.variables.map(\.initializer))
    try graph.meta.rebuildSaver(for: graph.meta.variables())

    meta = graph.meta
    features = inputs.features.endpoint
    frameCounts = inputs.frameCounts.endpoint
    self.labels = inputs.labels.endpoint
    teacher = inputs.teacher?.endpoint
    self.predictions = predictions.endpoint
    self.loss = loss.endpoint
    self.penalty = penalty?.endpoint
    learningRate = rate.endpoint
    globalStep = step.value.endpoint
    self.gradients = Dictionary(uniqueKeysWithValues: gradients.map { ($0.name, $1.endpoint) })
    initializers = graph.variables.map(\.initializer)
  }
}

extension VideoShape {
  /// Of a batch, whose number of videos is open.
  package var dimensions: [Int] { [-1] + (frameLimit.map { [$0] } ?? []) + [featureSizes.reduce(0, +)] }
}

extension TrainingRecipe {
  /// The decay of averages of that form; `nil` when there are none.
  fileprivate func averageDecay(_ form: AverageForm) -> Float? { averageForm == form ? averageDecay : nil }

  fileprivate var needsTeacher: Bool { if case .distillation = loss { true } else { false } }

  /// base · decay^⌊step · batch / period⌋, or base · (1 - step / period).
  fileprivate func learningRate(_ step: BuiltVariable, _ graph: GraphBuilder) throws -> GraphTensor {
    if fallsLinearly {
      return try graph.scope("PolynomialDecay") {
        let last = try graph.constant(decayExamples, name: "last_step")
        let done = try graph.divide(graph.minimum(graph.cast(step.value, to: .float32), last), last)
        let left = try graph.subtract(graph.constant(Float(1), name: "one"), done)
        return try graph.multiply(graph.constant(baseLearningRate, name: "learning_rate"), left)
      }
    }
    return try graph.scope("ExponentialDecay") {
      let seen = try graph.multiply(graph.cast(step.value, to: .float32), Float(batchSize))
      let periods = try graph.unary(
        "Floor", graph.divide(seen, graph.constant(decayExamples, name: "decay_examples")))
      let factor = try graph.binary("Pow", graph.constant(learningRateDecay, name: "decay"), periods)
      return try graph.multiply(graph.constant(baseLearningRate, name: "learning_rate"), factor)
    }
  }

  /// The gradient, shortened when its norm exceeds the limit.
  fileprivate func clipped(_ gradient: GraphTensor, _ graph: GraphBuilder) throws -> GraphTensor {
    guard clipNorm > 0 else { return gradient }
    return try graph.scope("clip_by_norm") {
      let limit = try graph.constant(clipNorm, name: "limit")
      let norm = try graph.unary("Sqrt", graph.multiply(graph.l2Loss(gradient), 2))
      return try graph.multiply(gradient, graph.divide(limit, graph.maximum(norm, limit)))
    }
  }
}

extension GraphBuilder {
  /// Builds in a scope of that name; an empty one is none.
  package func inScope<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
    try name.isEmpty ? body() : reopen(prefix + name, body)
  }

  /// Adds a moving average for each variable (specs: miha2018 §3, §12).
  ///
  /// - Parameters:
  ///   - scope: goes before the variables' names in those of their averages.
  ///   - first: what an average starts from.
  /// - Returns: the node that moves them along.
  fileprivate func average(
    _ variables: [BuiltVariable], decay: Float, scope outer: String, from first: (BuiltVariable) -> Initializer
  ) throws -> String {
    let shadows = try variables.map { variable in
      let name = variable.name + "/ExponentialMovingAverage"
      return try self.variable(
        outer.isEmpty ? name : outer + "/" + name, variable.value.dimensions, first(variable), isTrained: false)
    }
    return try scope("ExponentialMovingAverage") {
      let part = try constant(1 - decay, name: "part")
      let updates = try zip(variables, shadows).map { variable, shadow in
        try update("AssignSub", shadow, multiply(subtract(shadow.value, variable.value), part))
      }
      let node = try group(updates, name: "ema_op")
      meta.collections["ema_op"] = .names([node])
      meta.collections["ema_vars"] = .names(shadows.map { $0.name + ":0" })
      meta.collections["updatable_vars"] = .names(variables.map { $0.name + ":0" })
      return node
    }
  }
}
