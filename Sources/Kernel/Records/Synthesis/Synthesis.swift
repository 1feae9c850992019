import Bytes

/// Made-up data in the shape of YouTube-8M, for demonstrations, tests and benchmarks.
///
/// A seed names a world: its classes, what they look like, and its 14,776,336 videos, of which a data set is some
/// consecutive ones. So two sets of one world that do not overlap can serve for training and testing, and the video,
/// frame and segment level of the same numbers are the same videos (the means of the video level are those of all that a
/// video could show, the frames what it does show: their mean is near). Labels follow Zipf's law and come in company;
/// some classes are seen in the mean of the frames, some in a few frames only, some in what comes first
/// (``LabelModel``).
///
/// All arithmetic is on integers, or rounded alike everywhere: the bytes depend on these numbers alone, not on the
/// machine or the number of threads.
package struct Synthesis: Sendable {
  /// What a record holds.
  package enum Level: String, Sendable, CaseIterable {
    /// An `Example` with `mean_rgb` and `mean_audio`.
    case video
    /// A `SequenceExample` with `rgb` and `audio`, a byte for each number.
    case frame
    /// Frames, and ratings of segments of five of them.
    case segment
  }

  package var level = Level.frame
  package var seed: UInt64 = 0
  package var classCount = 3862
  /// The numbers of the videos in their world.
  package var videos = 0..<1000
  package var shardCount = 1
  /// The part of the job that is done: of the shards those whose number belongs to it; all when `nil`.
  package var part: RecordShard?
  /// How many frames a video may have.
  package var frames = 120...300
  /// The part of the videos whose frames are noise, from 0 to 1.
  package var fakes = 0.0
  /// How many numbers `rgb` and `audio` have, at most as many as in YouTube-8M: the first of them, which are those that
  /// vary most, so that the videos are the same ones with less detail.
  package var featureSizes = (image: FeatureModel.imageSize, sound: FeatureModel.soundSize)

  package init() {}

  /// Videos in a world: ids have four of 62 characters.
  package static let worldSize = 62 * 62 * 62 * 62
  package static let classLimit = 1 << 20
  package static let frameLimits = 5...1000
  package static let shardLimit = 100_000

  /// - Throws: ``KernelError`` `.usage` naming what cannot be.
  package func validate() throws {
    func check(_ condition: Bool, _ problem: String) throws {
      guard condition else { throw KernelError(.usage, "", problem) }
    }
    try check(
      videos.lowerBound >= 0 && videos.upperBound <= Synthesis.worldSize,
      "a world has \(Synthesis.worldSize) videos; \(videos.lowerBound) to \(videos.upperBound) are not among them")
    try check(
      (1...Synthesis.classLimit).contains(classCount),
      "there can be 1 to \(Synthesis.classLimit) classes, not \(classCount)")
    try check(
      (1...Synthesis.shardLimit).contains(shardCount),
      "there can be 1 to \(Synthesis.shardLimit) shards, not \(shardCount)")
    try check(
      Synthesis.frameLimits.contains(frames.lowerBound) && Synthesis.frameLimits.contains(frames.upperBound),
      "a video can have \(Synthesis.frameLimits.lowerBound) to \(Synthesis.frameLimits.upperBound) frames")
    try check((0...1).contains(fakes), "the fraction of fakes must be from 0 to 1, not \(fakes)")
    for (name, size, limit) in [
      ("rgb", featureSizes.image, FeatureModel.imageSize), ("audio", featureSizes.sound, FeatureModel.soundSize),
    ] {
      try check((1...limit).contains(size), "\(name) can have 1 to \(limit) numbers, not \(size)")
    }
  }

  /// The videos of a shard: consecutive ones, as many in each shard as in any other, give or take one.
  package func videos(ofShard shard: Int) -> Range<Int> {
    func bound(_ shard: Int) -> Int { videos.lowerBound + videos.count * shard / shardCount }
    return bound(shard)..<bound(shard + 1)
  }

  /// The shards of ``part``.
  private var shards: [Int] { (0..<shardCount).filter { part?.contains($0) ?? true } }

  /// How many videos ``write(_:existing:_:progress:)`` makes.
  package var videoCount: Int { shards.reduce(0) { $0 + videos(ofShard: $1).count } }

  /// Writes the shards (see ``ShardNames``), which appear together once all are whole.
  ///
  /// Memory: some MiB for each thread.
  ///
  /// - Parameter progress: called with the number of videos and of bytes written so far.
  /// - Throws: ``KernelError`` `.usage` as ``validate()``, `.cannotCreate` before anything is written if a shard
  ///   cannot be.
  package func write(
    _ prefix: String, existing: AtomicFile.Existing, _ workers: Workers,
    progress: (_ videos: Int, _ bytes: Int) -> Void = { _, _ in }
  ) throws {
    try validate()
    let paths = ShardNames(prefix, count: shardCount).paths
    let shards = shards
    let writer = try ShardedWriter(shards.map { paths[$0] }, .init(existing: existing, workers: workers))
    let studio = SynthesisStudio(self)
    var done = (videos: 0, bytes: 0)
    for (file, shard) in shards.enumerated() {
      try studio.run(videos(ofShard: shard), workers) { records, count in
        try records.withUnsafeBytes {
          try writer.write(frames: $0, count: count, to: file, isOneOfMany: false)
        }
        done = (done.videos + count, done.bytes + records.count)
        progress(done.videos, done.bytes)
      }
      try writer.finish(file)
    }
    try writer.commit()
  }
}
