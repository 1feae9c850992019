import Bytes
import Graphs

/// Several NeXtVLADs that are mixed by what a video's frames are like, and learn from the mixture besides (specs:
/// tm_google §7.4).
struct MixNeXtVladModel: VideoModel {
  let name = "MixNeXtVladModel"
  let takesFrames = true
  let usualLineage = Lineage.tm

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let (graph, flags) = (build.graph, build.flags)
    guard flags.videoLevelClassifierModel == "LogisticModel" else {
      throw KernelError(
        .usage, "", "\(name) mixes activations, which a \(flags.videoLevelClassifierModel) does not have",
        hint: "--video_level_classifier_model LogisticModel")
    }
    let sizes = try videos.imageAndSound(for: name)
    let frames = try build.sampledFrames(videos)
    let means = try build.batchNorm(graph.mean(frames, [2]), "mix_weights_bn")
    let shares = try graph.softmax(
      build.fullyConnected(means, flags.mixNumber, name: "mix_weights", firstWeights: .scaled))
    let parts = try graph.split(
      graph.reshape(frames, [-1, frames.width]), [sizes.image, sizes.sound], axis: 1
    ).map { FrameStream(rows: $0, count: flags.iterations) }
    let branches = try (0..<flags.mixNumber).map { number in
      try build.variables(in: "branch_\(number)") {
        let description = try build.residualDescription((parts[0], parts[1]), scopes: ("video_vlad", "audio_vlad"))
        return try build.logisticActivations(description, videos.classCount)
      }
    }
    let weighted = try branches.enumerated().map { number, branch in
      try graph.multiply(graph.slice(shares, axis: 1, number..<number + 1), branch)
    }
    let mixed = try graph.addN(weighted, name: "mix_logits")
    if build.isTraining { try penalizeDifferences(of: branches, from: mixed, build) }
    return try graph.sigmoid(mixed)
  }

  /// Adds to the loss how far each model's shares of the classes are from the mixture's (Kullback and Leibler 1951).
  private func penalizeDifferences(of branches: [GraphTensor], from mixed: GraphTensor, _ build: ModelBuilder)
    throws
  {
    let (graph, flags) = (build.graph, build.flags)
    func shares(_ activations: GraphTensor) throws -> GraphTensor {
      try graph.softmax(graph.multiply(activations, 1 / Float(flags.clTemperature)))
    }
    func logarithms(_ shares: GraphTensor) throws -> GraphTensor { try graph.log(graph.add(shares, 1e-8)) }
    let common = try shares(mixed)
    let expected = try logarithms(common)
    let divergences = try branches.map { branch in
      let difference = try graph.subtract(expected, logarithms(shares(branch)))
      return try graph.sum(graph.multiply(common, difference), [1])
    }
    let mean = try graph.mean(graph.addN(divergences), [0])
    build.penalize(try graph.multiply(mean, Float(flags.clLambda)))
  }
}
