import Bytes

/// Frame-level videos made into video-level ones, as YouTube-8M's own: an `Example` with `id`, `labels` (where the
/// video has any) and, for each feature list such as `rgb`, the mean of its frames, `mean_rgb`.
///
/// The mean is that of the dequantized float32 frames, all of them, summed in float64 (which is exact, whatever the
/// order) and rounded to float32. The deviation, `std_rgb`, is the root of the mean square around the unrounded mean.
///
/// Memory: a chunk of 8 MiB, or the largest record, and the results of a chunk.
package struct FramePooling: Sendable {
  package let files: [String]
  package let workers: Workers
  package let shard: RecordShard?
  /// Whether deviations are added.
  package let addsDeviation: Bool

  package init(_ files: [String], _ workers: Workers, shard: RecordShard? = nil, addsDeviation: Bool = false) {
    self.files = files
    self.workers = workers
    self.shard = shard
    self.addsDeviation = addsDeviation
  }

  /// Pools all records, in the order of the files.
  ///
  /// - Parameter progress: called with the bytes of records read so far.
  /// - Throws: ``KernelError`` naming the record that is damaged, has no id, no feature list or no frames, or whose
  ///   frames are not byte strings of one length.
  package func run(into writer: RecordWriter, progress: (Int) -> Void = { _ in }) throws {
    var done = 0
    let addsDeviation = addsDeviation
    try RecordScan(files, workers, shard: shard).run { path, slice in
      var pool = FramePool(addsDeviation: addsDeviation)
      var frames: [UInt8] = []
      var count = 0
      try slice.forEach { record in
        try record.explaining(in: path) { frames.append(recordOf: try pool.example(of: record.payload)) }
        count += 1
      }
      return (frames, count, slice.byteCount)
    } take: { (_, result: (frames: [UInt8], count: Int, byteCount: Int)) in
      try result.frames.withUnsafeBytes { try writer.write(frames: $0, count: result.count) }
      done += result.byteCount
      progress(done)
    }
  }
}

/// Pools one video after another.
private struct FramePool {
  private let addsDeviation: Bool
  private var builder = ExampleBuilder()
  private var lists: [(name: String, frames: PooledFrames)] = []
  /// Where each list is among them, by the bytes of its name: equal Strings may differ in those.
  private var positions: [FeatureName: Int] = [:]

  init(addsDeviation: Bool) { self.addsDeviation = addsDeviation }

  /// The video-level message of the frame-level `payload`.
  mutating func example(of payload: UnsafeRawBufferPointer) throws -> [UInt8] {
    let message = RecordMessage(payload)
    let id = try Video.id(of: message)
    let labels = try self.labels(of: message)
    lists.removeAll(keepingCapacity: true)
    positions.removeAll(keepingCapacity: true)
    try message.forEachFeatureList { key, list throws(ByteReader.Fault) in
      guard let name = String(validating: key, as: UTF8.self) else {
        throw .init(offset: 0, problem: "the name of a feature list is not UTF-8")
      }
      let frames = try PooledFrames(list, name)
      if let position = positions.updateValue(lists.count, forKey: FeatureName(key)) {
        positions[FeatureName(key)] = position
        lists[position] = (name, frames)
      } else {
        lists.append((name, frames))
      }
    }
    guard !lists.isEmpty else {
      throw ByteReader.Fault(offset: 0, problem: "there is no feature list: not a video with frames")
    }
    let deviations = addsDeviation ? lists.map { $0.frames.deviations() } : []
    builder.removeAll()
    builder.features { features in
      features.feature("id") { $0.bytes { $0.add(id) } }
      if let labels { features.feature("labels") { $0.int64s(labels) } }
      for list in lists { features.feature("mean_" + list.name) { $0.floats(list.frames.means.map { Float($0) }) } }
      for (list, deviations) in zip(lists, deviations) {
        features.feature("std_" + list.name) { $0.floats(deviations) }
      }
    }
    return builder.payload
  }

  private func labels(of message: RecordMessage) throws(ByteReader.Fault) -> [Int64]? {
    guard let feature = try message.feature("labels") else { return nil }
    var labels: [Int64] = []
    try feature.forEachInt64 { label throws(ByteReader.Fault) in labels.append(label) }
    return labels
  }
}

/// The frames of one feature list, and their mean.
private struct PooledFrames {
  /// One for each byte of a frame.
  let means: [Double]
  private let frames: [UnsafeRawBufferPointer]

  init(_ list: FeatureList, _ name: String) throws(ByteReader.Fault) {
    var frames: [UnsafeRawBufferPointer] = []
    try list.forEach { step throws(ByteReader.Fault) in
      guard let frame = try step.singleBytes, frames.isEmpty || frame.count == frames[0].count else {
        throw .init(
          offset: 0, problem: "frame \(frames.count) of \(name) is not one string of as many bytes as the first")
      }
      frames.append(frame)
    }
    guard let first = frames.first else { throw .init(offset: 0, problem: "feature list \(name) has no frames") }
    var sums = [Double](repeating: 0, count: first.count)
    sums.withUnsafeMutableBufferPointer { sums in
      for frame in frames {
        for index in 0..<min(frame.count, sums.count) {
          sums[index] += Double(FrameQuantization.dequantized(frame[index]))
        }
      }
    }
    means = sums.map { $0 / Double(frames.count) }
    self.frames = frames
  }

  /// The standard deviation of each byte of a frame.
  func deviations() -> [Float] {
    var squares = [Double](repeating: 0, count: means.count)
    for frame in frames {
      for index in 0..<min(frame.count, squares.count) {
        let difference = Double(FrameQuantization.dequantized(frame[index])) - means[index]
        squares[index] += difference * difference
      }
    }
    return squares.map { Float(($0 / Double(frames.count)).squareRoot()) }
  }
}
