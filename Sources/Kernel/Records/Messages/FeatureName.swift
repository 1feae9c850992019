/// The name of a feature, to look it up by.
///
/// Names of up to 32 bytes, which those of YouTube-8M all are, stand in the value itself: threads that look for the same
/// name in different records would otherwise contend for the reference count of its bytes.
package struct FeatureName: Sendable, Hashable, CustomStringConvertible {
  private static let capacity = SIMD32<UInt8>.scalarCount

  private let count: Int
  /// The first bytes, zeros after them.
  private let prefix: SIMD32<UInt8>
  /// The bytes after those.
  private let rest: [UInt8]?

  package init(_ bytes: some Collection<UInt8>) {
    count = bytes.count
    var prefix = SIMD32<UInt8>()
    for (index, byte) in bytes.prefix(Self.capacity).enumerated() { prefix[index] = byte }
    self.prefix = prefix
    rest = count > Self.capacity ? Array(bytes.dropFirst(Self.capacity)) : nil
  }

  package var bytes: [UInt8] { (0..<min(count, Self.capacity)).map { prefix[$0] } + (rest ?? []) }

  package var description: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether `key` is this name, byte for byte.
  @inline(__always)
  package func matches(_ key: UnsafeRawBufferPointer) -> Bool {
    guard key.count == count else { return false }
    var prefix = prefix
    let isPrefix = withUnsafeBytes(of: &prefix) { prefix in
      zip(key, prefix).allSatisfy { $0 == $1 }
    }
    guard isPrefix, let rest else { return isPrefix }
    return key.dropFirst(Self.capacity).elementsEqual(rest)
  }
}

extension FeatureName: ExpressibleByStringLiteral {
  package init(stringLiteral name: StaticString) {
    self.init(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
  }
}
