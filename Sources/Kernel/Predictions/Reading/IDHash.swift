/// A hash of short strings, keyed anew in each process, so that no file can make them collide; nothing that is
/// returned may depend on it.
///
/// The product of two keyed words, folded, for each 16 bytes.
struct IDHash: Sendable {
  private let keys = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))

  /// That of this process; those who hash often keep a copy.
  static let shared = IDHash()

  private init() {}

  @inline(__always)
  func callAsFunction(_ id: UnsafeRawBufferPointer) -> UInt64 { self(id, Ending(id)) }

  /// The same where the ending is known.
  @inline(__always)
  func callAsFunction(_ id: UnsafeRawBufferPointer, _ ending: Ending) -> UInt64 {
    var hash = keys.0 ^ UInt64(id.count)
    if id.count > 16, let base = id.baseAddress {
      for start in stride(from: 0, to: id.count - 16, by: 16) {
        hash = IDHash.mixed(
          IDHash.word(base + start) ^ hash, IDHash.word(base + start + 8) ^ keys.1)
      }
    }
    return IDHash.mixed(IDHash.mixed(ending.low ^ hash, ending.high ^ keys.1), keys.0 | 1)
  }

  /// The last 1 to 16 bytes of an id as two words, which overlap where there are fewer than 16; with the number of
  /// bytes they tell all of them.
  struct Ending: Equatable {
    let low: UInt64
    let high: UInt64

    @inline(__always)
    init(_ id: UnsafeRawBufferPointer) {
      guard let base = id.baseAddress, !id.isEmpty else {
        (low, high) = (0, 0)
        return
      }
      let start = (id.count - 1) / 16 * 16
      let rest = id.count - start
      low = rest >= 8 ? IDHash.word(base + start) : IDHash.partial(base + start, rest)
      high = rest > 8 ? IDHash.word(base + id.count - 8) : 0
    }
  }

  @inline(__always)
  private static func mixed(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  @inline(__always)
  private static func word(_ place: UnsafeRawPointer) -> UInt64 { place.loadUnaligned(as: UInt64.self) }

  /// One to seven bytes, some of them twice.
  @inline(__always)
  private static func partial(_ place: UnsafeRawPointer, _ count: Int) -> UInt64 {
    if count >= 4 {
      let first = place.loadUnaligned(as: UInt32.self)
      return UInt64(first) | UInt64((place + count - 4).loadUnaligned(as: UInt32.self)) << 32
    }
    let (first, last) = (place.load(as: UInt8.self), place.load(fromByteOffset: count - 1, as: UInt8.self))
    let middle = place.load(fromByteOffset: count / 2, as: UInt8.self)
    return UInt64(first) | UInt64(middle) << 8 | UInt64(last) << 16
  }
}
