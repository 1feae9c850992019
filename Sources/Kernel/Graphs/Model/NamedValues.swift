/// A short map that remembers the order of its entries, as files hold them: attributes, collections, signatures.
///
/// Looking a name up takes time in proportion to the number of entries.
public struct NamedValues<Value: Equatable & Sendable>: Equatable, Sendable {
  /// One entry.
  public struct Entry: Equatable, Sendable {
    public let name: String
    public var value: Value
  }

  public private(set) var entries: [Entry] = []

  public init() {}

  /// These entries; of several with the same name the last value counts, at the place of the first.
  ///
  /// A file may hold any number, so the time is proportional to that.
  package init(_ pairs: [(name: String, value: Value)]) {
    var positions: [String: Int] = [:]
    entries.reserveCapacity(pairs.count)
    for (name, value) in pairs {
      if let position = positions[name] {
        entries[position].value = value
      } else {
        positions[name] = entries.count
        entries.append(Entry(name: name, value: value))
      }
    }
  }

  /// The value of that name; setting `nil` takes the entry out, setting a new name appends it.
  public subscript(name: String) -> Value? {
    get { entries.first { $0.name == name }?.value }
    set {
      let position = entries.firstIndex { $0.name == name }
      switch (position, newValue) {
      case (let position?, let value?): entries[position].value = value
      case (let position?, nil): entries.remove(at: position)
      case (nil, let value?): entries.append(Entry(name: name, value: value))
      case (nil, nil): break
      }
    }
  }

  public var names: [String] { entries.map(\.name) }
  public var isEmpty: Bool { entries.isEmpty }
  public var count: Int { entries.count }

  /// Replaces every value by `edit`'s answer, or takes the entry out when that is `nil`.
  package mutating func edit(_ edit: (String, Value) throws -> Value?) rethrows {
    entries = try entries.compactMap { entry in
      try edit(entry.name, entry.value).map { Entry(name: entry.name, value: $0) }
    }
  }
}

extension NamedValues: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, Value)...) {
    for (name, value) in elements { self[name] = value }
  }
}
