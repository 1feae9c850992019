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
