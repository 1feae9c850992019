import Bytes
import Graphs
import Tensors

extension ModelBuilder {
  /// As many frames of each video as `iterations` says, in the way that the flags say, `[videos, iterations, features]`.
  ///
  /// Frames are drawn when models are used just as when they are trained. Of videos without frames the first, which
  /// is padding, is drawn (specs: miha2018 §1.5).
  func sampledFrames(_ videos: ModelInput) throws -> GraphTensor {
    try flags.sampleRandomFrames
      ? randomFrames(videos, hasAll: flags.sampleAll) : frames(videos.features, at: randomRun(videos))
  }

  /// Frames drawn one by one, with repetition.
  ///
  /// - Parameter hasAll: takes each frame in its own place, and drawn ones in place of the padding.
  func randomFrames(_ videos: ModelInput, hasAll: Bool) throws -> GraphTensor {
    let count = flags.iterations
    let draws = try uniform(videos.features, count)
    let lengths = try graph.expandDims(videos.frameCounts, axis: 1)
    var places = try graph.cast(graph.multiply(draws, graph.cast(lengths, to: .float32)), to: .int32)
    if hasAll {
      guard videos.features.dimensions[1] == count else {
        throw KernelError(
          .usage, "", "--sample_all needs --iterations \(videos.features.dimensions[1]), the number of frames")
      }
      let own = try graph.add(graph.zeros(like: places), graph.range(graph.constant(count), knownAs: count))
      places = try graph.select(graph.compare("Less", own, lengths), own, places)
    }
    return try frames(videos.features, at: places)
  }

  /// The places of successive frames from a random one on; the last is repeated where a video is too short.
  private func randomRun(_ videos: ModelInput) throws -> GraphTensor {
    let count = flags.iterations
    let draws = try uniform(videos.features, 1)
    let lengths = try graph.expandDims(videos.frameCounts, axis: 1)
    let zero = try graph.constant(0)
    let starts = try graph.add(
      graph.maximum(graph.subtract(lengths, graph.constant(count)), zero), graph.constant(1))
    let start = try graph.cast(graph.multiply(draws, graph.cast(starts, to: .float32)), to: .int32)
    let last = try graph.maximum(graph.subtract(lengths, graph.constant(1)), zero)
    return try graph.minimum(graph.add(start, graph.range(graph.constant(count), knownAs: count)), last)
  }

  /// Each video's frames in random order, the padding left where it is.
  func shuffledFrames(_ videos: ModelInput) throws -> GraphTensor {
    let count = videos.features.dimensions[1]
    let lengths = try graph.expandDims(videos.frameCounts, axis: 1)
    let range = try graph.expandDims(graph.range(graph.constant(count), knownAs: count), axis: 0)
    let isFrame = try graph.cast(graph.compare("Less", range, lengths), to: .float32)
    let keys = try graph.multiply(uniform(videos.features, count), isFrame)
    return try frames(videos.features, at: graph.topK(keys, count).places)
  }

  /// Numbers in [0, 1), `[videos, count]`.
  private func uniform(_ features: GraphTensor, _ count: Int) throws -> GraphTensor {
    let shape = try graph.pack([videoCount(features), graph.constant(count)])
    return try graph.scope("random_uniform") { try graph.random("RandomUniform", shape, knownAs: [-1, count]) }
  }

  /// How many videos a batch has, at run time.
  func videoCount(_ features: GraphTensor) throws -> GraphTensor { try graph.element(graph.shape(of: features), 0) }

  /// Frames by their places, `[videos, count]`.
  private func frames(_ features: GraphTensor, at places: GraphTensor) throws -> GraphTensor {
    let video = try graph.expandDims(graph.range(videoCount(features)), axis: 1)
    let videos = try graph.add(video, graph.zeros(like: places))
    return try graph.gatherND(features, graph.pack([videos, places], axis: 2))
  }
}
