/// The scale of made-up features: numbers of image and sound, of decaying variance like principal components.
///
/// Numbers are in fixed point: 64 units are one step of the quantization, 4080 units are 1.
struct FeatureModel: Sendable {
  /// Numbers of a frame's image.
  static let imageSize = 1024
  /// Numbers of a frame's sound.
  static let soundSize = 128
  static let size = imageSize + soundSize
  /// What 1 is in units.
  static let one = 4080
  /// What 0 is, counted from the lower end of the lowest quantization cell.
  static let center: Int32 = 127 * 64 + 32

  /// Strengths in 256ths of the standard deviation of a number.
  enum Gain {
    static let worldMean: Int32 = 26
    static let style: Int32 = 128
    static let scene: Int32 = 102
    static let frame: Int32 = 154
  }

  /// For each number, what turns noise of 16 bits into units, as the upper half of a product.
  let scale: [Int16]
  /// The same for the noise of a single frame.
  let frameScale: [Int16]

  init() {
    // 2^16 / (148 * 2^6) parts of a unit make one standard deviation of the noise.
    let unit = FeatureModel.one * 65536 / (NoiseSource.standardDeviation << NoiseSource.shift)
    // 1/4 + 3/4 * 64 / (64 + d) of an image's numbers, 3/10 + 7/10 * 16 / (16 + d) of a sound's.
    let image = (0..<FeatureModel.imageSize).map { unit / 4 + unit * 3 * 16 / (64 + $0) }
    let sound = (0..<FeatureModel.soundSize).map { unit * 3 / 10 + unit * 7 * 16 / (10 * (16 + $0)) }
    scale = (image + sound).map { Int16(clamping: $0) }
    frameScale = scale.map { Int16(truncatingIfNeeded: Int32($0) * Gain.frame / 256) }
  }
}
