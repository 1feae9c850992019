import Bytes

/// Writes `tf.train.Example` and `SequenceExample` messages the one way that every parser understands: a map entry is
/// the key and then the value, a list is of one kind and packed into one chunk (specs: formats §3).
///
///     var builder = ExampleBuilder()
///     builder.features {
///       $0.feature("id") { $0.bytes { $0.add(id) } }
///       $0.feature("labels") { $0.int64s(labels) }
///     }
///     try builder.payload.withUnsafeBytes { try writer.write(payload: $0) }
///
/// Calls nest as the messages do. One builder makes one record after the other (``removeAll()``) and allocates nothing
/// once it has grown.
package struct ExampleBuilder {
  /// The message so far.
  package private(set) var payload: [UInt8] = []
  /// Whether map entries are put in the order of their keys, as deterministic serializers do, or stay in the order
  /// in which they are made.
  private let sortsKeys: Bool
  /// Of the map being written, when it is to be sorted.
  private var entries: [(key: [UInt8], bytes: Range<Int>)] = []

  package init(sortsKeys: Bool = true) { self.sortsKeys = sortsKeys }

  package mutating func removeAll() { payload.removeAll(keepingCapacity: true) }

  /// Writes the features of an example, or the context of a sequence, with a ``feature(_:_:)`` for each.
  package mutating func features<E>(_ body: (inout ExampleBuilder) throws(E) -> Void) throws(E) { try map(1, body) }

  /// Writes the feature lists of a sequence, with a ``list(_:_:)`` for each.
  package mutating func featureLists<E>(_ body: (inout ExampleBuilder) throws(E) -> Void) throws(E) {
    try map(2, body)
  }

  /// Writes a feature, with one call of ``bytes(_:)``, ``floats(_:)`` or ``int64s(_:)``, or none for no value.
  package mutating func feature<E>(_ key: String, _ body: (inout ExampleBuilder) throws(E) -> Void) throws(E) {
    let start = payload.count
    var key = key
    try message(1) { builder throws(E) in
      key.withUTF8 { builder.message(1, UnsafeRawBufferPointer($0)) }
      try builder.message(2, body)
    }
    if sortsKeys { entries.append((Array(key.utf8), start..<payload.count)) }
  }

  /// Writes a feature list, with a ``step(_:)`` for each of its features.
  package mutating func list<E>(_ key: String, _ body: (inout ExampleBuilder) throws(E) -> Void) throws(E) {
    try feature(key, body)
  }

  /// Writes the feature of the next step, as ``feature(_:_:)`` does.
  package mutating func step<E>(_ body: (inout ExampleBuilder) throws(E) -> Void) throws(E) { try message(1, body) }

  /// Writes a step for every `width` bytes of `rows`: one byte string, as the frames of a video are stored.
  ///
  /// - Parameter first: how many bytes of each row are taken, from its start; all unless it is given.
  package mutating func steps(rows: UnsafeRawBufferPointer, width: Int, first: Int? = nil) {
    let kept = first ?? width
    precondition(width > 0 && rows.count % width == 0 && (0...width).contains(kept), "rows of another width")
    guard !rows.isEmpty else { return }
    // What stands before each string is the same: the step, its list of byte strings, the string.
    var head: [UInt8] = [1 << 3 | 2]
    head.append(varint: kept)
    for _ in 0..<2 {
      var outer: [UInt8] = [1 << 3 | 2]
      outer.append(varint: head.count + kept)
      head.insert(contentsOf: outer, at: 0)
    }
    for row in stride(from: 0, to: rows.count, by: width) {
      payload.append(contentsOf: head)
      payload.append(contentsOf: UnsafeRawBufferPointer(rebasing: rows[row..<(row + kept)]))
    }
  }

  /// Writes a list of byte strings, with an ``add(_:)`` for each.
  package mutating func bytes<E>(_ body: (inout ExampleBuilder) throws(E) -> Void) throws(E) {
    try message(1, body)
  }

  package mutating func add(_ bytes: UnsafeRawBufferPointer) { message(1, bytes) }
  package mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { message(1, $0) } }

  package mutating func floats(_ values: some Collection<Float>) {
    message(2) { builder in
      guard !values.isEmpty else { return }
      builder.message(1) { builder in
        // In memory floats are little-endian already on every machine that Swift runs on here.
        let isCopied: Void? = values.withContiguousStorageIfAvailable {
          builder.payload.append(contentsOf: UnsafeRawBufferPointer($0))
        }
        guard isCopied == nil else { return }
        for value in values { builder.payload.append(fixed32: value.bitPattern) }
      }
    }
  }

  package mutating func int64s(_ values: some Collection<Int64>) {
    message(3) { builder in
      guard !values.isEmpty else { return }
      builder.message(1) { builder in
        for value in values { builder.payload.append(varint: UInt64(bitPattern: value)) }
      }
    }
  }
}

extension ExampleBuilder {
  /// Appends field `number`, whose contents `body` appends.
  private mutating func message<E>(_ number: Int, _ body: (inout ExampleBuilder) throws(E) -> Void) throws(E) {
    payload.append(UInt8(truncatingIfNeeded: number << 3 | 2))
    let start = payload.count
    // Most messages are short: one byte is left for the length, and longer ones move.
    payload.append(0)
    try body(&self)
    let length = payload.count - start - 1
    guard length >= 0x80 else { return payload[start] = UInt8(length) }
    var encoded: [UInt8] = []
    encoded.append(varint: length)
    payload.replaceSubrange(start...start, with: encoded)
  }

  /// Appends field `number` with these contents.
  private mutating func message(_ number: Int, _ contents: UnsafeRawBufferPointer) {
    payload.append(UInt8(truncatingIfNeeded: number << 3 | 2))
    payload.append(varint: contents.count)
    payload.append(contentsOf: contents)
  }

  private mutating func map<E>(_ number: Int, _ body: (inout ExampleBuilder) throws(E) -> Void) throws(E) {
    try message(number) { builder throws(E) in
      let start = builder.payload.count
      builder.entries.removeAll(keepingCapacity: true)
      try body(&builder)
      let sorted = builder.entries.sorted { $0.key.lexicographicallyPrecedes($1.key) }
      guard !sorted.elementsEqual(builder.entries, by: { $0.bytes == $1.bytes }) else { return }
      let pieces = sorted.reduce(into: [UInt8]()) { $0 += builder.payload[$1.bytes] }
      builder.payload.replaceSubrange(start..., with: pieces)
    }
  }
}
