/// Turns scripts into frames, or into what the mean of the frames would be. Holds the room for one video; one thread
/// at a time uses it. The bytes follow from the world's seed and the video's number alone.
final class VideoPainter {
  private typealias Model = FeatureModel

  private enum Domain {
    static let world: UInt64 = 16
    static let prototype: UInt64 = 17
    static let style: UInt64 = 18
    static let scene: UInt64 = 19
    static let frames: UInt64 = 20
  }

  private let seed: UInt64
  private let model: FeatureModel
  private let noise = NoiseSource(capacity: Model.size)
  /// The mean of the world's features, and that of one video.
  private let worldMean: UnsafeMutablePointer<Int32>
  private let ground: UnsafeMutablePointer<Int32>
  /// Sums over what is seen at a time, or over a whole video.
  private let sum: UnsafeMutablePointer<Int32>
  private let base: UnsafeMutablePointer<Int16>
  /// The patterns and scenes of one video, ``FeatureModel/size`` numbers each.
  private var patterns: [Int16] = []

  /// Rows of ``FeatureModel/imageSize`` and of ``FeatureModel/soundSize`` bytes that the last call painted.
  private(set) var image: [UInt8] = []
  private(set) var sound: [UInt8] = []
  /// The means that the last call made: of the image, then of the sound.
  private(set) var means = [Float](repeating: 0, count: Model.size)

  init(seed: UInt64, model: FeatureModel) {
    self.seed = seed
    self.model = model
    func room<T: FixedWidthInteger>(_: T.Type) -> UnsafeMutablePointer<T> {
      let memory = UnsafeMutablePointer<T>.allocate(capacity: Model.size)
      memory.initialize(repeating: 0, count: Model.size)
      return memory
    }
    worldMean = room(Int32.self)
    ground = room(Int32.self)
    sum = room(Int32.self)
    base = room(Int16.self)
    worldMean.update(repeating: Model.center, count: Model.size)
    add(Domain.world, 0, gain: Model.Gain.worldMean, to: worldMean)
  }

  deinit {
    noise.deallocate()
    worldMean.deallocate()
    ground.deallocate()
    sum.deallocate()
    base.deallocate()
  }

  /// Adds the pattern `index` of `domain` to `target`.
  private func add(_ domain: UInt64, _ index: Int, gain: Int32, to target: UnsafeMutablePointer<Int32>) {
    noise.start(seed: seed, domain: domain, index: UInt64(truncatingIfNeeded: index))
    model.scale.withUnsafeBufferPointer { scale in
      noise.next(Model.size) { number, value in
        target[number] &+= (VideoPainter.product(value, scale[number]) &* gain) &>> 8
      }
    }
  }

  @inline(__always)
  private static func product(_ value: Int16, _ scale: Int16) -> Int32 {
    (Int32(value) &* Int32(scale)) &>> 16
  }

  /// Numbers of the scenes of all videos: no video has 512 of them.
  private func sceneIndex(_ script: VideoScript, _ scene: Int) -> Int { script.number << 9 | scene }
}

// MARK: Frames

extension VideoPainter {
  /// Paints every frame of `script` into ``image`` and ``sound``.
  func paintFrames(_ script: VideoScript) {
    resize(&image, script.frameCount * Model.imageSize)
    resize(&sound, script.frameCount * Model.soundSize)
    if script.isFake { return paintFake(script) }
    ground.update(from: worldMean, count: Model.size)
    add(Domain.style, script.number, gain: Model.Gain.style, to: ground)
    drawPatterns(script)
    noise.start(seed: seed, domain: Domain.frames, index: UInt64(truncatingIfNeeded: script.number))
    var changes = script.cuts
    for cue in script.cues { changes += [cue.frames.lowerBound, cue.frames.upperBound] }
    changes.sort()
    for (start, end) in zip(changes, changes.dropFirst()) where start < end {
      compose(script, at: start)
      for frame in start..<end { paint(frame) }
    }
  }

  private func resize(_ bytes: inout [UInt8], _ count: Int) {
    if bytes.count > count { bytes.removeLast(bytes.count - count) }
    if bytes.count < count { bytes.append(contentsOf: repeatElement(0, count: count - bytes.count)) }
  }

  /// Makes the patterns of the parts and then those of the scenes, at their strengths.
  private func drawPatterns(_ script: VideoScript) {
    let needed = (script.parts.count + script.cuts.count - 1) * Model.size
    if patterns.count < needed { patterns.append(contentsOf: repeatElement(0, count: needed - patterns.count)) }
    for (place, part) in script.parts.enumerated() {
      draw(Domain.prototype, part.prototype, gain: part.gain, place: place)
    }
    for scene in 0..<(script.cuts.count - 1) {
      draw(
        Domain.scene, sceneIndex(script, scene), gain: Model.Gain.scene, place: script.parts.count + scene)
    }
  }

  private func draw(_ domain: UInt64, _ index: Int, gain: Int32, place: Int) {
    noise.start(seed: seed, domain: domain, index: UInt64(truncatingIfNeeded: index))
    patterns.withUnsafeMutableBufferPointer { patterns in
      model.scale.withUnsafeBufferPointer { scale in
        let out = patterns.baseAddress.map { $0 + place * Model.size }
        guard let out else { return }
        noise.next(Model.size) { number, value in
          out[number] = Int16(
            truncatingIfNeeded: (VideoPainter.product(value, scale[number]) &* gain) &>> 8)
        }
      }
    }
  }

  /// Sets ``base`` to what is seen at `frame`, apart from its noise.
  private func compose(_ script: VideoScript, at frame: Int) {
    sum.update(from: ground, count: Model.size)
    patterns.withUnsafeBufferPointer { patterns in
      guard let patterns = patterns.baseAddress else { return }
      let scene = (script.cuts.firstIndex { $0 > frame } ?? 1) - 1
      let place = patterns + (script.parts.count + scene) * Model.size
      for number in 0..<Model.size { sum[number] &+= Int32(place[number]) }
      for cue in script.cues where cue.frames.contains(frame) {
        let pattern = patterns + cue.part * Model.size
        if cue.isOpposite {
          for number in 0..<Model.size { sum[number] &-= Int32(pattern[number]) }
        } else {
          for number in 0..<Model.size { sum[number] &+= Int32(pattern[number]) }
        }
      }
    }
    // Leaves room for the noise of a frame within 16 bits, far outside of what can be stored.
    for number in 0..<Model.size {
      base[number] = Int16(truncatingIfNeeded: min(max(sum[number], -4096), 20480))
    }
  }

  private func paint(_ frame: Int) {
    let (a, b) = noise.nextBits(Model.size)
    model.frameScale.withUnsafeBufferPointer { scale in
      func paint(_ row: inout [UInt8], _ size: Int, from first: Int) {
        row.withUnsafeMutableBufferPointer { row in
          guard let out = row.baseAddress.map({ $0 + frame * size }), let scales = scale.baseAddress else { return }
          let (a, b, base, scale) = (a + first, b + first, base + first, scales + first)
          for number in 0..<size {
            let deviation = VideoPainter.product(NoiseSource.value(a[number], b[number]), scale[number])
            let level = (base[number] &+ Int16(truncatingIfNeeded: deviation)) &>> 6
            out[number] = UInt8(truncatingIfNeeded: min(max(level, 0), 255))
          }
        }
      }
      paint(&image, Model.imageSize, from: 0)
      paint(&sound, Model.soundSize, from: Model.imageSize)
    }
  }

  /// Random bytes around the middle, so that the mean of even a few frames is nearly the same number everywhere.
  private func paintFake(_ script: VideoScript) {
    noise.start(seed: seed, domain: Domain.frames, index: UInt64(truncatingIfNeeded: script.number))
    for frame in 0..<script.frameCount {
      let (bits, _) = noise.nextBits(Model.size)
      for number in 0..<Model.imageSize {
        image[frame * Model.imageSize + number] = 96 + UInt8(truncatingIfNeeded: bits[number] & 63)
      }
      for number in 0..<Model.soundSize {
        sound[frame * Model.soundSize + number] =
          96 + UInt8(truncatingIfNeeded: bits[Model.imageSize + number] & 63)
      }
    }
  }
}

// MARK: Means

extension VideoPainter {
  /// Makes ``means`` from `script`: the mean of the frames that ``paintFrames(_:)`` paints, but for what becomes of
  /// their noise, clipping and rounding.
  func paintMeans(_ script: VideoScript) {
    let count = Int32(script.frameCount)
    // The mean of so many frames has their noise divided by the root of their number.
    let root = VideoPainter.root(256 * count)
    if script.isFake {
      // Between the two middle cells; 1182 units deviate as much as 64 cells evenly used.
      sum.update(repeating: (Model.center + 32) * count, count: Model.size)
      noise.start(seed: seed, domain: Domain.frames, index: UInt64(truncatingIfNeeded: script.number))
      noise.next(Model.size) { number, value in
        sum[number] &+= (Int32(value &>> 6) &* (1182 * root / Int32(NoiseSource.standardDeviation))) &>> 4
      }
    } else {
      for number in 0..<Model.size { sum[number] = worldMean[number] &* count }
      add(Domain.style, script.number, gain: Model.Gain.style * count, to: sum)
      for (part, frames) in script.netFrameCounts.enumerated() where frames != 0 {
        add(Domain.prototype, script.parts[part].prototype, gain: script.parts[part].gain * frames, to: sum)
      }
      for scene in 0..<(script.cuts.count - 1) {
        let length = Int32(script.cuts[scene + 1] - script.cuts[scene])
        add(Domain.scene, sceneIndex(script, scene), gain: Model.Gain.scene * length, to: sum)
      }
      add(Domain.frames, script.number, gain: Model.Gain.frame * root / 16, to: sum)
    }
    // Both numbers are exact in float32, whose quotient every machine rounds alike.
    let divisor = Float(Model.one * script.frameCount)
    let zero = Model.center &* count
    for number in 0..<Model.size { means[number] = Float(sum[number] &- zero) / divisor }
  }

  /// The integer part of the square root.
  private static func root(_ square: Int32) -> Int32 {
    var root: Int32 = 0
    var bit: Int32 = 1 << 14
    while bit > 0 {
      if (root + bit) * (root + bit) <= square { root += bit }
      bit >>= 1
    }
    return root
  }
}
