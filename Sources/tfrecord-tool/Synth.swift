import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool synth`
struct Synth: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make up data in the shape of YouTube-8M.",
    discussion: """
      Labels are long-tailed and correlated. Some classes are seen in the mean of the frames, some in a few frames \
      only, some in what comes first. The same seed makes the same classes and videos, bit for bit: other numbers \
      of the same seed (--first) are other videos of the same classes, for a test set; the levels of the same \
      numbers are the same videos, with the same labels; the means of the video level are near those of the frames, \
      not equal to them. A fake has frames of noise, so that its mean_rgb is nearly constant.
      """)

  @Option(help: ArgumentHelp("How many videos to make.", valueName: "n")) var videos = 1000
  @Option(help: ArgumentHelp("The number of the first video.", valueName: "n")) var first = 0
  @Option(help: ArgumentHelp("How many files to spread them over.", valueName: "n")) var shards = 1
  @Option(
    help: ArgumentHelp(
      "Only part I (from 0) of N of the job: every N-th of the files.", valueName: "i/n"))
  var shard: RecordShard?
  @Option(help: ArgumentHelp("How many classes there are.", valueName: "n")) var classes = 3862
  @Option(
    help: ArgumentHelp(
      "Only the first numbers of rgb and audio, for small models: the same videos with less detail.",
      valueName: "rgb,audio"))
  var featureSizes = SynthesisFeatureSizes()
  @Option(help: "What a record holds: video, frame or segment (frames and ratings).")
  var level: Synthesis.Level = .frame
  @Option(help: ArgumentHelp("How many frames a video has, at least and at most.", valueName: "min-max"))
  var frames = FrameRange(120...300)
  @Option(help: ArgumentHelp("The part of the videos that are fakes, 0 to 1.", valueName: "fraction"))
  var fakes = 0.0
  @Option(help: ArgumentHelp("Which world the videos come from.", valueName: "n")) var seed: UInt64 = 0
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "What the names begin with; -00000-of-00001.tfrecord and so on follow.", valueName: "prefix"),
    completion: .file())
  var output: String
  @OptionGroup var forcing: ForceFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    guard videos >= 0, first >= 0 else { throw ValidationError("--videos and --first cannot be negative") }
    guard !first.addingReportingOverflow(videos).overflow else {
      throw ValidationError("--first \(first) and --videos \(videos) exceed any number of videos")
    }
  }

  func run() throws {
    var synthesis = Synthesis()
    synthesis.level = level
    synthesis.seed = seed
    synthesis.classCount = classes
    synthesis.videos = first..<(first + videos)
    synthesis.shardCount = shards
    synthesis.part = shard
    synthesis.frames = frames.range
    synthesis.fakes = fakes
    synthesis.featureSizes = featureSizes.sizes
    try synthesis.validate()
    let meter = progress.start("writing \(Path.name(of: output))", quiet)
    defer { meter.finish() }
    let total = synthesis.videoCount
    var byteCount = 0
    try synthesis.write(output, existing: forcing.existing, threads.workers) { done, bytes in
      byteCount = bytes
      // What is left is guessed from what is done.
      meter.report(bytes, Int(Double(bytes) / Double(max(1, done)) * Double(total)))
    }
    quiet.diagnostics.detail("wrote \(total) videos, \(ByteSize(byteCount))")
  }
}

/// A range of numbers of frames, as `120-300`, or one number.
struct FrameRange: ExpressibleByArgument {
  let range: ClosedRange<Int>

  init(_ range: ClosedRange<Int>) { self.range = range }

  init?(argument: String) {
    let bounds = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(bounds.count), let low = bounds[0], let high = bounds[bounds.count - 1], low <= high
    else { return nil }
    range = low...high
  }

  var defaultValueDescription: String { "\(range.lowerBound)-\(range.upperBound)" }
}

/// How many numbers `rgb` and `audio` have, as `1024,128`.
struct SynthesisFeatureSizes: ExpressibleByArgument {
  private(set) var sizes = Synthesis().featureSizes

  init() {}

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let image = parts[0], let sound = parts[1] else { return nil }
    sizes = (image, sound)
  }

  var defaultValueDescription: String { "\(sizes.image),\(sizes.sound)" }
}

extension Synthesis.Level: ExpressibleByArgument {}
