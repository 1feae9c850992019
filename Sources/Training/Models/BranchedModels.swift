import Bytes
import Graphs

/// Image and sound apart, each normalized, through a layer, and through gated recurrent units in both directions
/// (specs: miha2018 §8.8).
struct GRUbidirectBranchedBN: VideoModel {
  let name = "GRUbidirect_branchedBN"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let graph = build.graph
    let branches = try build.branches(videos, for: name, widening: 1)
    let last = try branches.map { branch in
      guard branch.width.isMultiple(of: 2) else {
        throw KernelError(.usage, "", "\(name) needs features of even sizes, not of \(branch.width)")
      }
      let sequence = try FrameSequence(branch.activations, lengths: videos.frameCounts, graph)
      let states = try build.variables(in: branch.name) { try build.bidirectional(.gru, sequence, branch.width) }
      return try sequence.atLastFrame(states.cells, graph)
    }
    var description = try graph.concat(last, axis: 1)
    if build.flags.gating { description = try build.contextGate(description, isNormalized: false) }
    return try build.classify(description, videos.classCount)
  }
}

/// Image and sound apart, each normalized, through a layer, and averaged over the frames by how much attention they get
/// (specs: miha2018 §8.9).
///
/// As in the reference, padding gets attention too.
struct AttentionFrames: VideoModel {
  let name = "attention_frames_v0"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let graph = build.graph
    let means = try build.branches(videos, for: name, widening: 2).map { branch in
      let frameCount = branch.normalized.dimensions[1]
      let scores = try build.fullyConnected(branch.normalized, 1, hasBias: false)
      let attention = try graph.softmax(graph.reshape(scores, [-1, frameCount]))
      let sums = try graph.batchMatMul(graph.expandDims(attention, axis: 1), branch.activations)
      return try graph.reshape(sums, [-1, branch.activations.width])
    }
    return try build.logistic(graph.concat(means, axis: 1), videos.classCount)
  }
}

/// The frames of image or sound alone.
private struct Branch {
  /// `video` or `audio`.
  let name: String
  /// The feature's size.
  let width: Int
  /// `[videos, frames, width]`
  let normalized: GraphTensor
  /// The rectified layer over it, `[videos, frames, widening * width]`.
  let activations: GraphTensor
}

extension ModelBuilder {
  /// Image and sound, normalized over frames and padding, each with a layer `widening` times as wide.
  fileprivate func branches(_ videos: ModelInput, for model: String, widening: Int) throws -> [Branch] {
    let sizes = try videos.imageAndSound(for: model)
    let parts = try graph.split(videos.features, [sizes.image, sizes.sound], axis: 2)
    let names = ["video", "audio"]
    let normalized = try zip(parts, names).map { try batchNorm($0, $1 + "_input_bn") }
    let layers = try normalized.map { try fullyConnected($0, widening * $0.width, hasBias: false) }
    return try names.indices.map { index in
      let name = names[index]
      let activations = try graph.relu6(batchNorm(layers[index], name + "_cluster_bn"))
      return Branch(
        name: name, width: parts[index].width, normalized: normalized[index], activations: activations)
    }
  }
}
