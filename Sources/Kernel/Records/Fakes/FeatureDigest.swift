import Bytes

/// 128 bits that are equal for two videos with the same image and sound features, whatever their ids and labels.
///
/// Two keyed SipHashes of the features' bytes: by chance no two of a billion videos agree, and nobody can make two agree
/// without knowing the key, which is new in each process. So a digest must not leave it.
struct FeatureDigest: Hashable, Sendable {
  private let first: Int
  private let second: Int

  private static let lists: [FeatureName] = ["rgb", "audio"]
  private static let means: [FeatureName] = ["mean_rgb", "mean_audio"]

  init(_ message: RecordMessage) throws(ByteReader.Fault) {
    var hashers = (Hasher(), Hasher())
    hashers.1.combine(1)
    for (number, name) in FeatureDigest.lists.enumerated() {
      guard let list = try message.featureList(name) else { continue }
      try list.forEach { frame throws(ByteReader.Fault) in
        try frame.forEachBytes { bytes throws(ByteReader.Fault) in
          FeatureDigest.add(bytes, number, to: &hashers)
        }
      }
    }
    for (number, name) in FeatureDigest.means.enumerated() {
      guard let feature = try message.feature(name) else { continue }
      try feature.forEachFloats { run throws(ByteReader.Fault) in FeatureDigest.add(run, 2 + number, to: &hashers) }
    }
    first = hashers.0.finalize()
    second = hashers.1.finalize()
  }

  private static func add(_ bytes: UnsafeRawBufferPointer, _ number: Int, to hashers: inout (Hasher, Hasher)) {
    hashers.0.combine(number)
    hashers.0.combine(bytes.count)
    hashers.0.combine(bytes: bytes)
    hashers.1.combine(number)
    hashers.1.combine(bytes.count)
    hashers.1.combine(bytes: bytes)
  }
}
