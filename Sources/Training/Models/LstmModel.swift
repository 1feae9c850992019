import Graphs

/// Layers of long short-term memory over the frames (specs: miha2018 §8.5, willow_boliu §1.5).
///
/// The classifier sees what the last layer says at a video's end; in the lineage willow what all layers remember and say.
struct LstmModel: VideoModel {
  let name = "LstmModel"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let (graph, flags) = (build.graph, build.flags)
    let sequence = try build.frameSequence(
      videos, isRandom: flags.lstmRandomSequence, isBackward: flags.lstmBackward)
    let layers = try build.variables(in: build.recurrentScope) {
      try build.recurrentLayers(.lstm, sequence, flags.lstmCells, count: flags.lstmLayers)
    }
    let isWhole = build.flags.lineage != .miha
    let seen = isWhole ? layers.flatMap { [$0.cells, $0.outputs.frames] } : layers.suffix(1).map(\.outputs.frames)
    let last = try seen.map { try sequence.atLastFrame($0, graph) }
    return try build.classify(graph.concat(last, axis: 1), videos.classCount)
  }
}
