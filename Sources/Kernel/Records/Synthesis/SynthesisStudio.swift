import Bytes
import Synchronization

/// Makes the records of a ``Synthesis``, some videos at a time on each core.
struct SynthesisStudio: Sendable {
  private let plan: Synthesis
  private let labels: LabelModel
  private let features = FeatureModel()
  private let idOffset: Int
  private let fakes: UInt64
  private let painters: PainterPool

  private enum Domain {
    static let script: UInt64 = 32
    static let ratings: UInt64 = 33
    static let ids: UInt64 = 34
  }

  init(_ plan: Synthesis) {
    self.plan = plan
    labels = LabelModel(classCount: plan.classCount, seed: plan.seed)
    var random = SplitMix64(seed: plan.seed, domain: Domain.ids, index: 0)
    idOffset = random.next(below: Synthesis.worldSize)
    fakes = UInt64(plan.fakes * 4_294_967_296)
    painters = PainterPool(seed: plan.seed, features)
  }

  /// Videos that a worker makes at a time: about 1 MiB.
  private var sliceSize: Int {
    plan.level == .video ? 224 : max(1, (1 << 20) / (FeatureModel.size * plan.frames.upperBound))
  }

  /// Makes the records of `videos`, and hands them to `take` in their order, on one thread at a time, while the next
  /// are made.
  func run(
    _ videos: Range<Int>, _ workers: Workers, take: (_ records: [UInt8], _ count: Int) throws -> Void
  ) throws {
    let starts = Array(stride(from: videos.lowerBound, to: videos.upperBound, by: sliceSize))
    let roundSize = 4 * workers.count
    for round in stride(from: 0, to: starts.count, by: roundSize) {
      let slices = starts[round..<min(round + roundSize, starts.count)].map {
        $0..<min($0 + sliceSize, videos.upperBound)
      }
      let made = try workers.map(slices.count) { records(slices[$0]) }
      for (records, slice) in zip(made, slices) { try take(records, slice.count) }
    }
  }

  /// The framed records of `videos`.
  private func records(_ videos: Range<Int>) -> [UInt8] {
    let painter = painters.take()
    defer { painters.give(painter) }
    var builder = ExampleBuilder()
    var out: [UInt8] = []
    for number in videos {
      var random = SplitMix64(seed: plan.seed, domain: Domain.script, index: UInt64(number))
      let script = VideoScript(number: number, labels: labels, frames: plan.frames, fakes: fakes, &random)
      builder.removeAll()
      build(script, painter, &builder)
      out.append(recordOf: builder.payload)
    }
    return out
  }

  private func build(_ script: VideoScript, _ painter: VideoPainter, _ builder: inout ExampleBuilder) {
    builder.features { context in
      context.feature("id") { $0.bytes { $0.add(id(of: script.number)) } }
      context.feature("labels") { $0.int64s(script.parts.map { Int64($0.label) }) }
      if plan.level == .video { addMeans(script, painter, &context) }
      if plan.level == .segment { addRatings(script, &context) }
    }
    guard plan.level != .video else { return }
    painter.paintFrames(script)
    builder.featureLists { lists in
      lists.list("audio") { list in
        painter.sound.withUnsafeBytes {
          list.steps(rows: $0, width: FeatureModel.soundSize, first: plan.featureSizes.sound)
        }
      }
      lists.list("rgb") { list in
        painter.image.withUnsafeBytes {
          list.steps(rows: $0, width: FeatureModel.imageSize, first: plan.featureSizes.image)
        }
      }
    }
  }

  private func addMeans(_ script: VideoScript, _ painter: VideoPainter, _ builder: inout ExampleBuilder) {
    painter.paintMeans(script)
    builder.feature("mean_audio") {
      $0.floats(painter.means[FeatureModel.imageSize...].prefix(plan.featureSizes.sound))
    }
    builder.feature("mean_rgb") { $0.floats(painter.means[..<plan.featureSizes.image]) }
  }

  private func addRatings(_ script: VideoScript, _ builder: inout ExampleBuilder) {
    var random = SplitMix64(seed: plan.seed, domain: Domain.ratings, index: UInt64(script.number))
    let ratings = script.ratings(&random)
    builder.feature("segment_end_times") { $0.int64s(ratings.map { Int64($0.start + VideoScript.segmentSize) }) }
    builder.feature("segment_labels") { $0.int64s(ratings.map { Int64($0.label) }) }
    builder.feature("segment_scores") { $0.floats(ratings.map { $0.isSeen ? 1 : 0 }) }
    builder.feature("segment_start_times") { $0.int64s(ratings.map { Int64($0.start) }) }
  }

  /// Four letters or digits, different for each video of the world and in no apparent order.
  private func id(of number: Int) -> [UInt8] {
    // The factor has no divisor in common with 62, so that this permutes the numbers.
    var rest = (number * 8_675_309 + idOffset) % Synthesis.worldSize
    var id: [UInt8] = []
    for _ in 0..<4 {
      id.append(SynthesisStudio.alphabet[rest % 62])
      rest /= 62
    }
    return id
  }

  private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
}

/// Painters between two uses.
private final class PainterPool: Sendable {
  private let seed: UInt64
  private let features: FeatureModel
  private let idle = Mutex<[Painter]>([])

  private struct Painter: @unchecked Sendable {
    // Sendable holds because a painter in the pool is used by nobody.
    let painter: VideoPainter
  }

  init(seed: UInt64, _ features: FeatureModel) {
    self.seed = seed
    self.features = features
  }

  func take() -> VideoPainter {
    idle.withLock { $0.popLast() }?.painter ?? VideoPainter(seed: seed, model: features)
  }

  func give(_ painter: VideoPainter) {
    let idlePainter = Painter(painter: painter)
    idle.withLock { $0.append(idlePainter) }
  }
}
