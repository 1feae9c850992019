import Graphs

/// Layers of gated recurrent units over the frames, whose last states the classifier sees (specs: willow_boliu §1.5).
struct GruModel: VideoModel {
  let name = "GruModel"
  let takesFrames = true

  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor {
    let (graph, flags) = (build.graph, build.flags)
    let sequence = try build.frameSequence(videos, isRandom: flags.gruRandomSequence, isBackward: flags.gruBackward)
    let layers = try build.variables(in: build.recurrentScope) {
      try build.recurrentLayers(.gru, sequence, flags.gruCells, count: flags.gruLayers)
    }
    let last = try layers.map { try sequence.atLastFrame($0.outputs.frames, graph) }
    return try build.classify(graph.concat(last, axis: 1), videos.classCount)
  }
}
