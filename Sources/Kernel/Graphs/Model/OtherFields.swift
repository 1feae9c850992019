/// Fields of a message that we do not look into, as they were encoded: they are written again byte for byte.
public struct OtherFields: Equatable, Sendable {
  /// A field: its number, how it is encoded, and the encoding after the tag.
  package struct Field: Equatable, Sendable {
    package var number: UInt32
    package var wireType: UInt32
    package var bytes: [UInt8]
  }

  package var fields: [Field] = []

  public init() {}

  public var isEmpty: Bool { fields.isEmpty }

  /// Takes out the fields of that number.
  package mutating func remove(_ number: UInt32) { fields.removeAll { $0.number == number } }
}
