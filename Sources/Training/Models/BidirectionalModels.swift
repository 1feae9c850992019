import Bytes
import Graphs

/// Long short-term memory in both directions and one layer over it, of which the classifier sees what it remembers at
/// the end (specs: miha2018 §8.6).
struct Lstmbidirect: VideoModel {
  let name = "Lstmbidirect"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let features = build.flags.frameShuffle ? try build.shuffledFrames(videos) : videos.features
    let sequence = try FrameSequence(features, lengths: videos.frameCounts, build.graph)
    let states = try build.bidirectional(.lstm, sequence, build.flags.evenCells())
    return try build.classify(sequence.atLastFrame(states.cells, build.graph), videos.classCount)
  }
}

/// The same of gated recurrent units, gated if the flags say so (specs: miha2018 §8.7).
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

extension Hyperparameters {
  /// The cells of a layer over two directions, each of which has half of them.
  fileprivate func evenCells() throws -> Int {
    guard lstmCells.isMultiple(of: 2) else {
      throw KernelError(
        .usage, "", "--lstm_cells is \(lstmCells), but must be even: each direction has half of them")
    }
    return lstmCells
  }
}
