/// The value of an attribute of a node.
public enum AttributeValue: Equatable, Sendable {
  /// A string, or any bytes.
  case bytes([UInt8])
  case int(Int)
  case float(Float)
  case bool(Bool)
  case type(TypeCode)
  case shape(PartialShape)
  case tensor(EncodedTensor)
  case list(AttributeList)
  /// The name of a function and its attributes, as an encoded `NameAttrList`.
  case function([UInt8])
  /// What an attribute inside a function's body stands for.
  case placeholder([UInt8])
  /// An encoded `AttrValue` that is none of these: an empty one, or one with fields that we do not know.
  case other([UInt8])

  /// A string.
  public static func text(_ text: String) -> AttributeValue { .bytes(Array(text.utf8)) }

  /// A list of strings, as `_class` has it.
  public static func texts(_ texts: [String]) -> AttributeValue { .list(.bytes(texts.map { Array($0.utf8) })) }
}

/// A list of attribute values of one kind.
public enum AttributeList: Equatable, Sendable {
  /// No values, whose kind only the operator knows.
  case empty
  case bytes([[UInt8]])
  case ints([Int])
  case floats([Float])
  case bools([Bool])
  case types([TypeCode])
  case shapes([PartialShape])
  case tensors([EncodedTensor])
  case functions([[UInt8]])
}

/// A constant in a graph, still encoded as a `TensorProto`.
public struct EncodedTensor: Equatable, Sendable {
  package var bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }
}

/// The attributes of a node, in the order of the file.
public typealias Attributes = NamedValues<AttributeValue>

extension Attributes {
  public func type(_ name: String) -> TypeCode? {
    if case .type(let code) = self[name] { code } else { nil }
  }
  public func int(_ name: String) -> Int? {
    if case .int(let value) = self[name] { value } else { nil }
  }
  public func float(_ name: String) -> Float? {
    if case .float(let value) = self[name] { value } else { nil }
  }
  public func bool(_ name: String) -> Bool? {
    if case .bool(let value) = self[name] { value } else { nil }
  }
  public func bytes(_ name: String) -> [UInt8]? {
    if case .bytes(let value) = self[name] { value } else { nil }
  }
  public func shape(_ name: String) -> PartialShape? {
    if case .shape(let value) = self[name] { value } else { nil }
  }
  public func tensor(_ name: String) -> EncodedTensor? {
    if case .tensor(let value) = self[name] { value } else { nil }
  }
  /// A list of types; an empty list of any kind counts.
  public func types(_ name: String) -> [TypeCode]? {
    switch self[name] {
    case .list(.types(let codes)): codes
    case .list(.empty): []
    default: nil
    }
  }
  /// A list of integers; an empty list of any kind counts.
  public func ints(_ name: String) -> [Int]? {
    switch self[name] {
    case .list(.ints(let values)): values
    case .list(.empty): []
    default: nil
    }
  }
  /// A list of strings as text; an empty list of any kind counts.
  public func texts(_ name: String) -> [String]? {
    switch self[name] {
    case .list(.bytes(let values)): values.map { String(decoding: $0, as: UTF8.self) }
    case .list(.empty): []
    default: nil
    }
  }
}
