import Bytes
import Graphs
import Tensors

/// A model as it is used: what is fed, what is fetched, and the collections that name both, as the reference's
/// `eval.py --build_only` has them (specs: miha2018 §2.3, §2.10).
///
/// TensorFlow 1.8 to 2.x and `trainer infer` run it.
package struct InferenceGraph: Sendable {
  package let meta: MetaGraph
  /// `[videos, frames, features]` or `[videos, features]`, float32, as the reader gives them.
  package let features: Endpoint
  /// `[videos]`: int32, or float32 of videos without frames.
  package let frameCounts: Endpoint
  /// `[videos, classes]`
  package let predictions: Endpoint

  /// Builds the graph.
  ///
  /// - Parameters:
  ///   - rounds: how many passes over the same videos are averaged, each with frames of its own.
  ///   - loss: of the labels that are fed besides, for programs that evaluate.
  ///   - seed: of the frames that are drawn; without one they differ each time.
  /// - Throws: ``KernelError`` when model, hyperparameters and videos do not fit each other.
  package init(
    _ model: any VideoModel, _ flags: Hyperparameters, _ videos: VideoShape, rounds: Int = 1,
    loss: TrainingLoss = .crossEntropy, seed: Int? = nil
  ) throws {
    guard model.takesFrames == (videos.frameLimit != nil) else {
      throw KernelError(
        .usage, "", "\(model.name) takes \(model.takesFrames ? "frames" : "one vector") of each video",
        hint: "--frame_features tells which of them the records have")
    }
    guard (1...1000).contains(rounds) else {
      throw KernelError(.usage, "", "--n_rounds is \(rounds), but must be from 1 to 1000")
    }
    let graph = GraphBuilder(seed: seed)
    _ = try graph.variable("global_step", [], .int32(0), isTrained: false, collections: ["global_step"])
    let ids = try graph.placeholder("xvideo_id_batch", .string, [-1])
    let features = try graph.placeholder("xmodel_input_raw", .float32, videos.dimensions)
    let labels = try graph.placeholder("xlabels_batch", .bool, [-1, videos.classCount])
    let counts = try graph.placeholder("xnum_frames", model.takesFrames ? .int32 : .float32, [-1])
    let normalized = try graph.l2Normalize(features, axis: features.rank - 1)

    let build = ModelBuilder(graph, isTraining: false, flags)
    let input = ModelInput(
      features: normalized, featureSizes: videos.featureSizes, frameCounts: try graph.cast(counts, to: .int32),
      classCount: videos.classCount)
    func pass() throws -> GraphTensor {
      try graph.inScope(flags.lineage.scope) { try model.predictions(of: input, build) }
    }
    var sum = try pass()
    for _ in 1..<rounds { sum = try graph.add(sum, build.repeated(pass)) }
    let predictions = try graph.divide(sum, graph.constant(Float(rounds), name: "n_rounds"), name: "truediv")
    let truth = try graph.cast(labels, to: .float32)
    // Nobody has a teacher's predictions here.
    let plain = if case .distillation = loss { TrainingLoss.crossEntropy } else { loss }
    let value = try plain.build(predictions, truth, teacher: nil, graph)

    for (name, tensor) in [
      ("video_id_batch", ids), ("input_batch_raw", features), ("input_batch", normalized), ("num_frames", counts),
      ("labels", truth), ("predictions", predictions), ("loss", value),
    ] {
      graph.meta.collections[name] = .names([tensor.endpoint.tensorName])
    }
    try graph.meta.rebuildSaver(for: graph.meta.variables())
    meta = graph.meta
    self.features = features.endpoint
    frameCounts = counts.endpoint
    self.predictions = predictions.endpoint
  }
}
