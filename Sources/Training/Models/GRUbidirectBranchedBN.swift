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
