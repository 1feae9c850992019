/// What happens in a made-up video: everything about it but the noise.
struct VideoScript {
  /// A label as this video shows it.
  struct Part {
    let label: Int
    /// The number of its pattern.
    let prototype: Int
    /// The strength of the pattern, in 256ths.
    let gain: Int32
  }

  /// Frames in which a part is seen.
  struct Cue {
    let frames: Range<Int>
    /// The index among ``VideoScript/parts``.
    let part: Int
    /// Whether the opposite of the pattern is seen.
    let isOpposite: Bool
  }

  /// The video's number in its world.
  let number: Int
  /// The labels in their order.
  let parts: [Part]
  let frameCount: Int
  /// Whether the frames are noise without meaning.
  let isFake: Bool
  /// The first frames of the scenes, and the end of the last.
  let cuts: [Int]
  /// None in a fake.
  let cues: [Cue]

  /// Invents video `number` of the world that `labels` describes.
  init(number: Int, labels model: LabelModel, frames: ClosedRange<Int>, fakes: UInt64, _ random: inout SplitMix64) {
    self.number = number
    isFake = random.next() >> 32 < fakes
    // Like a video that was cut after five minutes, a quarter has all the frames that there may be.
    frameCount =
      random.happens(1, in: 4) ? frames.upperBound : frames.lowerBound + random.next(below: frames.count)
    parts = model.draw(&random).map { label in
      // Between a quarter of the full strength and all of it.
      let strength = 4 + Int32(random.next(below: 13))
      return Part(
        label: label, prototype: model.prototype(of: label),
        gain: strength * (model.manner(of: label) == .steady ? 4 : 10))
    }
    cuts = VideoScript.cuts(frameCount, &random)
    var cues: [Cue] = []
    if !isFake {
      for (part, label) in parts.map(\.label).enumerated() {
        VideoScript.show(part, as: model.manner(of: label), isSecond: label % 2 == 1, cuts, into: &cues, &random)
      }
    }
    self.cues = cues
  }

  /// For each part, in how many frames it is seen, less those in which its opposite is.
  var netFrameCounts: [Int32] {
    var counts = [Int32](repeating: 0, count: parts.count)
    for cue in cues { counts[cue.part] += Int32(cue.isOpposite ? -cue.frames.count : cue.frames.count) }
    return counts
  }

  /// Scenes of 8 to 55 frames.
  private static func cuts(_ frameCount: Int, _ random: inout SplitMix64) -> [Int] {
    var cuts = [0]
    var next = 8 + random.next(below: 48)
    while next < frameCount {
      cuts.append(next)
      next += 8 + random.next(below: 48)
    }
    return cuts + [frameCount]
  }

  /// Adds the cues of a part.
  ///
  /// - Parameter isSecond: whether the label is the second of its pair.
  private static func show(
    _ part: Int, as manner: LabelModel.Manner, isSecond: Bool, _ cuts: [Int], into cues: inout [Cue],
    _ random: inout SplitMix64
  ) {
    let frameCount = cuts[cuts.count - 1]
    func add(_ start: Int, _ count: Int, isOpposite: Bool = false) {
      let frames = start..<min(start + count, frameCount)
      cues.append(Cue(frames: frames, part: part, isOpposite: isOpposite))
    }
    switch manner {
    case .steady:
      for (start, end) in zip(cuts, cuts.dropFirst()) where random.happens(3, in: 4) || start == 0 {
        add(start, end - start)
      }
    case .event:
      for _ in 0...random.next(below: 3) {
        let count = 5 + random.next(below: 8)
        add(random.next(below: max(1, frameCount - count)), count)
      }
    case .order:
      let half = min(frameCount / 2, 10 + random.next(below: 10))
      let start = random.next(below: frameCount - 2 * half + 1)
      add(start, half, isOpposite: isSecond)
      add(start + half, half, isOpposite: !isSecond)
    }
  }
}

extension VideoScript {
  /// What people were asked about five frames of the video, and what they said.
  struct Rating {
    let start: Int
    let label: Int
    let isSeen: Bool
  }

  /// Frames of a segment that can be rated.
  static let segmentSize = 5

  /// Up to five segments, rated for one label of the video: where it is seen and where it is not, in order of time.
  func ratings(_ random: inout SplitMix64) -> [Rating] {
    let segmentCount = frameCount / VideoScript.segmentSize
    guard segmentCount > 0 else { return [] }
    let part = random.next(below: parts.count)
    let shown = cues.filter { $0.part == part }
    var chosen = Set<Int>()
    // Half of the guesses are where the label is, if anywhere: an event would rarely be met by chance.
    for guess in 0..<5 {
      var segment = random.next(below: segmentCount)
      if guess % 2 == 0, !shown.isEmpty {
        let cue = shown[random.next(below: shown.count)]
        let frame = cue.frames.lowerBound + random.next(below: cue.frames.count)
        segment = min(frame / VideoScript.segmentSize, segmentCount - 1)
      }
      chosen.insert(segment)
    }
    return chosen.sorted().map { segment in
      let frames = (segment * VideoScript.segmentSize)..<((segment + 1) * VideoScript.segmentSize)
      let seen = shown.reduce(0) { $0 + $1.frames.clamped(to: frames).count }
      return Rating(start: frames.lowerBound, label: parts[part].label, isSeen: 2 * seen > VideoScript.segmentSize)
    }
  }
}
