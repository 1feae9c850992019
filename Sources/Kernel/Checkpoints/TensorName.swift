/// A tensor's key in a checkpoint: bytes, compared as bytes, as TensorFlow does.
///
/// Swift's own strings compare by Unicode equivalence, which would take two different keys for one.
public struct TensorName: Hashable, Sendable {
  public let utf8: [UInt8]

  public init(utf8: [UInt8]) { self.utf8 = utf8 }

  public init(_ string: String) { utf8 = Array(string.utf8) }
}

extension TensorName: Comparable {
  public static func < (a: TensorName, b: TensorName) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
}

extension TensorName: ExpressibleByStringLiteral, CustomStringConvertible {
  public init(stringLiteral value: String) { self.init(value) }

  /// The name as text; bytes that are not UTF-8 are shown as U+FFFD.
  public var description: String { String(decoding: utf8, as: UTF8.self) }
}
