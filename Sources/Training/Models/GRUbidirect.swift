import Graphs

/// Gated recurrent units in both directions and one layer over them, of which the classifier sees the state at the end,
/// gated if the flags say so (specs: miha2018 §8.7).
struct GRUbidirect: VideoModel {
  let name = "GRUbidirect"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let sequence = try FrameSequence(videos.features, lengths: videos.frameCounts, build.graph)
    let states = try build.bidirectional(.gru, sequence, build.flags.evenCells())
    var description = try sequence.atLastFrame(states.cells, build.graph)
    if build.flags.gating { description = try build.contextGate(description, isNormalized: false) }
    return try build.classify(description, videos.classCount)
  }
}
