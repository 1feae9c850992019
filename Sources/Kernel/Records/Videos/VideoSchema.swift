/// The features of a YouTube-8M record: where the id, the labels and the numbers of a video are
/// (specs: tm_google §1, miha2018 §1).
package struct VideoSchema: Sendable, Equatable {
  /// Whether numbers are kept for each video or for each frame.
  package enum Level: String, Sendable, CaseIterable {
    /// An `Example` with float features (`mean_rgb`, `mean_audio`).
    case video
    /// A `SequenceExample` with a byte string of quantized numbers a frame (`rgb`, `audio`).
    case frame
  }

  /// A feature to read, and how many numbers it has (a frame).
  package struct Input: Sendable, Equatable {
    package let name: FeatureName
    package let size: Int

    package init(_ name: String, size: Int) {
      self.name = FeatureName(name.utf8)
      self.size = size
    }
  }

  package var level: Level
  /// In the order in which they follow each other in a row of a batch.
  package var inputs: [Input]
  /// Frames beyond this many are dropped, the first are kept.
  package var maxFrames = 300

  package init(level: Level, inputs: [Input], maxFrames: Int = 300) {
    self.level = level
    self.inputs = inputs
    self.maxFrames = maxFrames
  }

  /// 1024 numbers of image and 128 of sound.
  package static func youTube8M(_ level: Level) -> VideoSchema {
    let prefix = level == .video ? "mean_" : ""
    return VideoSchema(
      level: level, inputs: [.init(prefix + "rgb", size: 1024), .init(prefix + "audio", size: 128)])
  }

  /// Numbers of a video-level row, or of a frame.
  package var rowSize: Int { inputs.reduce(0) { $0 + $1.size } }
}

/// Frames as they are stored: a byte for each number, on a scale from -2 to 2.
package enum FrameQuantization {
  /// `q * (4/255) + (4/512 - 2)` in float32, one rounding a step, as the reference code does it.
  package static func dequantized(_ byte: UInt8) -> Float { Float(byte) * scale + bias }

  private static let scale = Float(4.0 / 255)
  private static let bias = Float(4.0 / 512 - 2)

  /// The byte that ``dequantized(_:)`` makes `value` of; of other numbers the nearest one.
  package static func stored(_ value: Float) -> UInt8 {
    let byte = ((value - bias) / scale).clamped(to: 0...255)
    return byte.isNaN ? 0 : UInt8(byte.rounded())
  }

  /// Writes the floats for `bytes`; vectorizable.
  @inline(__always)
  static func dequantize(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutablePointer<Float>) {
    for index in 0..<bytes.count { out[index] = Float(bytes[index]) * scale + bias }
  }

  /// The byte whose value is nearest, as the data set's makers quantized: clamped to -2…2, rounded down to its cell.
  package static func quantized(_ value: Float) -> UInt8 {
    let cell = (value.clamped(to: -2...2) + 2) * (255.0 / 4)
    return cell.isNaN ? 0 : UInt8(cell.rounded())
  }
}

extension Comparable {
  fileprivate func clamped(to range: ClosedRange<Self>) -> Self {
    min(max(self, range.lowerBound), range.upperBound)
  }
}
