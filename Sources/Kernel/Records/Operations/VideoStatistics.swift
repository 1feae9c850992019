import Bytes

/// What the videos of some files are like: their numbers, their labels, how many frames they have.
///
/// Numbers are the float features of a record, and the byte strings of feature lists, dequantized. All counts are
/// exact; means and deviations are merged record by record, so that they depend neither on the number of threads nor
/// on how the files are compressed.
///
/// Memory: a chunk of 8 MiB, or the largest record, and a count for each label and each number of frames.
package struct VideoStatistics: Sendable {
  /// How histograms are made.
  package struct Options: Sendable {
    /// Intervals of a histogram; of quantized numbers there are at most 256.
    package var bins = 64
    /// What the histograms of float features span; those of quantized numbers span their own scale.
    package var range = -2.0...2.0

    package init() {}
  }

  /// The numbers of one feature or feature list.
  package struct Item: Sendable {
    package let name: String
    /// Of finite numbers.
    package let moments: NumberMoments
    package let histogram: Histogram
    /// How many numbers are NaN or infinite.
    package let notFiniteCount: Int
  }

  package private(set) var recordCount = 0
  /// In the order of their names.
  package private(set) var items: [Item] = []
  /// Videos that have each label.
  package private(set) var labels = Distribution()
  /// How many labels the videos have; empty when no record has a feature of labels.
  package private(set) var labelsPerVideo = Distribution()
  /// Frames of the videos of frame level: the longest of their feature lists.
  package private(set) var framesPerVideo = Distribution()

  /// Reads the files.
  ///
  /// - Parameter progress: called with the bytes of records read so far.
  /// - Throws: ``KernelError`` naming the damaged record.
  package init(
    _ files: [String], _ options: Options, _ workers: Workers, shard: RecordShard? = nil,
    progress: (Int) -> Void = { _ in }
  ) throws {
    var tallies: [[UInt8]: Tally] = [:]
    var done = 0
    try RecordScan(files, workers, shard: shard).run { path, slice in
      var survey = SliceSurvey(options)
      try slice.forEach { record in
        try record.explaining(in: path) { try survey.add(record.payload) }
      }
      return (survey, slice.byteCount)
    } take: { (_, result: (survey: SliceSurvey, byteCount: Int)) in
      let survey = result.survey
      recordCount += survey.recordCount
      labels.add(survey.labels)
      labelsPerVideo.add(survey.labelsPerVideo)
      framesPerVideo.add(survey.framesPerVideo)
      for (key, tally) in survey.tallies { tallies[key, default: Tally(options)].add(tally) }
      done += result.byteCount
      progress(done)
    }
    items = tallies.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { $1.item(named: $0, options) }
  }
}

/// What was seen of one feature.
private struct Tally: Sendable {
  /// How often each byte occurs in frames.
  var bytes: [Int] = []
  /// The floats of each record, until they are merged.
  private var parts: [NumberMoments] = []
  private var moments = NumberMoments()
  private var histogram: Histogram
  private var notFiniteCount = 0

  init(_ options: VideoStatistics.Options) { histogram = Histogram(options.range, bins: options.bins) }

  /// Merges what a later slice of records has.
  mutating func add(_ other: Tally) {
    if bytes.isEmpty {
      bytes = other.bytes
    } else if !other.bytes.isEmpty {
      for byte in bytes.indices { bytes[byte] += other.bytes[byte] }
    }
    for part in other.parts { moments.add(part) }
    histogram.add(other.histogram)
    notFiniteCount += other.notFiniteCount
  }

  /// Adds the floats of a record.
  mutating func add(_ values: [Float]) {
    for value in values where value.isFinite { histogram.add(Double(value)) }
    let finite = values.filter(\.isFinite)
    notFiniteCount += values.count - finite.count
    finite.withUnsafeBufferPointer { parts.append(NumberMoments($0)) }
  }

  /// Adds the bytes of a frame.
  mutating func add(_ frame: UnsafeRawBufferPointer) {
    if bytes.isEmpty { bytes = Array(repeating: 0, count: 256) }
    bytes.withUnsafeMutableBufferPointer { counts in for byte in frame { counts[Int(byte)] += 1 } }
  }

  func item(named key: [UInt8], _ options: VideoStatistics.Options) -> VideoStatistics.Item {
    var moments = moments
    for (byte, count) in bytes.enumerated() {
      moments.add(Double(FrameQuantization.dequantized(UInt8(byte))), times: count)
    }
    return VideoStatistics.Item(
      name: String(decoding: key, as: UTF8.self), moments: moments,
      histogram: bytes.isEmpty ? histogram : Histogram(bytes: bytes, bins: options.bins),
      notFiniteCount: notFiniteCount)
  }
}

/// What was seen in a slice of records.
private struct SliceSurvey: Sendable {
  private(set) var recordCount = 0
  private(set) var labels = Distribution()
  private(set) var labelsPerVideo = Distribution()
  private(set) var framesPerVideo = Distribution()
  private(set) var tallies: [[UInt8]: Tally] = [:]
  private let options: VideoStatistics.Options

  private static let labelsKey = Array("labels".utf8)

  init(_ options: VideoStatistics.Options) { self.options = options }

  mutating func add(_ payload: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    let message = RecordMessage(payload)
    recordCount += 1
    try message.forEachFeature { key, feature throws(ByteReader.Fault) in
      if feature.kind == .float {
        try addFloats(key, feature)
      } else if feature.kind == .int64, key.elementsEqual(SliceSurvey.labelsKey) {
        try addLabels(feature)
      }
    }
    var frameCount: Int?
    try message.forEachFeatureList { key, list throws(ByteReader.Fault) in
      frameCount = max(frameCount ?? 0, try addFrames(key, list))
    }
    if let frameCount { framesPerVideo.add(frameCount) }
  }

  private mutating func addFloats(_ key: UnsafeRawBufferPointer, _ feature: Feature) throws(ByteReader.Fault) {
    var values: [Float] = []
    try feature.forEachFloats { run throws(ByteReader.Fault) in
      for offset in stride(from: 0, to: run.count, by: 4) {
        let bits = UInt32(littleEndian: run.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        values.append(Float(bitPattern: bits))
      }
    }
    tallies[Array(key), default: Tally(options)].add(values)
  }

  private mutating func addLabels(_ feature: Feature) throws(ByteReader.Fault) {
    var seen = Set<Int>()
    try feature.forEachInt64 { label throws(ByteReader.Fault) in seen.insert(Int(label)) }
    for label in seen { labels.add(label) }
    labelsPerVideo.add(seen.count)
  }

  /// - Returns: the number of frames.
  private mutating func addFrames(
    _ key: UnsafeRawBufferPointer, _ list: FeatureList
  ) throws(ByteReader.Fault) -> Int {
    let key = Array(key)
    var tally = tallies.removeValue(forKey: key) ?? Tally(options)
    var count = 0
    try list.forEach { step throws(ByteReader.Fault) in
      try step.forEachBytes { frame throws(ByteReader.Fault) in tally.add(frame) }
      count += 1
    }
    tallies[key] = tally
    return count
  }
}
