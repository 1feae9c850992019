import Bytes

/// The mean of a video's image features over its frames (`mean_rgb`), read from one record after another into the same
/// memory.
///
/// Video-level records have it; of frame-level ones it is the mean over all frames of the dequantized numbers, as the
/// makers of YouTube-8M computed it. Bytes are summed as integers, so the result is exact up to the last division.
struct MeanImage {
  /// The mean's numbers; empty for a video without frames.
  private(set) var values: [Double] = []
  private var sums: [UInt32] = []

  private static let frames: FeatureName = "rgb"
  private static let mean: FeatureName = "mean_rgb"
  /// As many bytes of 255 as a 32-bit sum can take.
  private static let frameLimit = 1 << 24

  /// Reads the mean of the record `message` into ``values``.
  ///
  /// - Throws: ``ByteReader/Fault`` when the message has neither feature, or one of another type or of changing size.
  mutating func read(_ message: RecordMessage) throws(ByteReader.Fault) {
    values.removeAll(keepingCapacity: true)
    if let list = try message.featureList(MeanImage.frames) { return try read(list) }
    guard let feature = try message.feature(MeanImage.mean) else {
      throw .init(offset: 0, problem: "there is neither a feature list rgb nor a feature mean_rgb")
    }
    try feature.forEachFloats { run throws(ByteReader.Fault) in
      for index in 0..<run.count / 4 {
        let bits = UInt32(littleEndian: run.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
        let value = Float(bitPattern: bits)
        guard value.isFinite else {
          throw .init(offset: 0, problem: "number \(values.count) of mean_rgb is \(value), not finite")
        }
        values.append(Double(value))
      }
    }
    if values.isEmpty { throw .init(offset: 0, problem: "feature mean_rgb has no floats") }
  }

  private mutating func read(_ list: FeatureList) throws(ByteReader.Fault) {
    var frameCount = 0
    sums.removeAll(keepingCapacity: true)
    try list.forEach { frame throws(ByteReader.Fault) in
      guard let bytes = try frame.singleBytes else {
        throw .init(offset: 0, problem: "frame \(frameCount) of rgb is not one byte string")
      }
      if frameCount == 0 { for _ in 0..<bytes.count { sums.append(0) } }
      guard bytes.count == sums.count, !bytes.isEmpty else {
        throw .init(
          offset: 0, problem: "frame \(frameCount) of rgb has \(bytes.count) bytes, the first \(sums.count)")
      }
      guard frameCount < MeanImage.frameLimit else { throw .init(offset: 0, problem: "over 2^24 frames") }
      MeanImage.add(bytes, to: &sums)
      frameCount += 1
    }
    let scale = 4.0 / 255 / Double(frameCount)
    for sum in sums { values.append(Double(sum) * scale + MeanImage.bias) }
  }

  /// What the reference's dequantization adds (specs: miha2018 §1.2).
  private static let bias = 4.0 / 512 - 2

  private static func add(_ bytes: UnsafeRawBufferPointer, to sums: inout [UInt32]) {
    sums.withUnsafeMutableBufferPointer { sums in
      for index in 0..<sums.count { sums[index] &+= UInt32(bytes[index]) }
    }
  }

  /// The population standard deviation of ``values``, in float64; NaN when there are none (specs: miha2018 §6).
  var standardDeviation: Double {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
  }
}
