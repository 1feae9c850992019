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

extension ModelBuilder {
  /// The frames of videos as the flags of a recurrent model want them: random ones instead of all, or the last first.
  ///
  /// Of random ones, no more count than the video has frames.
  fileprivate func frameSequence(_ videos: ModelInput, isRandom: Bool, isBackward: Bool) throws -> FrameSequence {
    let features = isRandom ? try randomFrames(videos, hasAll: false) : videos.features
    let sequence = try FrameSequence(features, lengths: videos.frameCounts, graph)
    return isBackward ? try sequence.reversed(graph) : sequence
  }

  /// The first place of 2017, and who copied it, had a scope around its recurrent layers.
  fileprivate var recurrentScope: String { flags.lineage == .miha ? "" : "RNN" }
}
