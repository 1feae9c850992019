import Graphs

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
