import Graphs

/// Videos as a recurrent layer sees them: one frame of all at a time.
struct FrameSequence {
  /// `[frames, videos, width]`
  let frames: GraphTensor
  /// How many of each video are frames and not padding, `[videos]`, int32, no more than there are.
  let lengths: GraphTensor

  init(frames: GraphTensor, lengths: GraphTensor) {
    self.frames = frames
    self.lengths = lengths
  }

  /// - Parameter features: `[videos, frames, width]`
  init(_ features: GraphTensor, lengths: GraphTensor, _ graph: GraphBuilder) throws {
    frames = try graph.transpose(features, [1, 0, 2])
    self.lengths = try graph.minimum(lengths, graph.constant(features.dimensions[1]))
  }

  /// The same, each video's last frame first.
  func reversed(_ graph: GraphBuilder) throws -> FrameSequence {
    FrameSequence(
      frames: try graph.reverseSequence(frames, lengths, sequence: 0, batch: 1), lengths: lengths)
  }

  /// What the videos have at their last frames, `[videos, width]`; zeros for videos without frames.
  func atLastFrame(_ states: GraphTensor, _ graph: GraphBuilder) throws -> GraphTensor {
    let zero = try graph.constant(0)
    let last = try graph.maximum(graph.subtract(lengths, graph.constant(1)), zero)
    let videos = try graph.range(graph.element(graph.shape(of: lengths), 0))
    let state = try graph.gatherND(states, graph.pack([last, videos], axis: 1))
    return try graph.select(graph.compare("Greater", lengths, zero), state, graph.zeros(like: state))
  }
}

extension ModelBuilder {
  /// The frames of videos as the flags of a recurrent model want them: random ones instead of all, or the last first.
  ///
  /// Of random ones, no more count than the video has frames.
  func frameSequence(_ videos: ModelInput, isRandom: Bool, isBackward: Bool) throws -> FrameSequence {
    let features = isRandom ? try randomFrames(videos, hasAll: false) : videos.features
    let sequence = try FrameSequence(features, lengths: videos.frameCounts, graph)
    return isBackward ? try sequence.reversed(graph) : sequence
  }

  /// The first place of 2017, and who copied it, had a scope around its recurrent layers.
  var recurrentScope: String { flags.lineage == .miha ? "" : "RNN" }
}
