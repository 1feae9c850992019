import Bytes

/// A `tf.train.Example` or `SequenceExample` in place (specs: formats §3).
///
/// Both begin with a map of features (the features of an example, the context of a sequence); a sequence has feature
/// lists too. Looking something up walks the map, whose entries may come in any order; of equal keys the last counts.
package struct RecordMessage {
  /// Which of the two messages it is.
  package enum Kind: String, Sendable { case example, sequence }

  private let payload: UnsafeRawBufferPointer

  /// The message in `payload`, which must outlive it.
  package init(_ payload: UnsafeRawBufferPointer) { self.payload = payload }

  private var start: UnsafeRawPointer? { payload.baseAddress }

  /// A sequence has feature lists, even if only empty ones.
  package var kind: Kind {
    get throws(ByteReader.Fault) {
      var wire = Wire(payload, in: start)
      while let field = try wire.next() { if field.number == 2, field.type == 2 { return .sequence } }
      return .example
    }
  }

  /// Calls `body` with every entry of the features of an example, or of the context of a sequence, in stored order.
  package func forEachFeature(
    _ body: (_ key: UnsafeRawBufferPointer, Feature) throws(ByteReader.Fault) -> Void
  ) throws(ByteReader.Fault) {
    try forEachEntry(of: 1) { key, value throws(ByteReader.Fault) in try body(key, try Feature(value, in: start)) }
  }

  /// Calls `body` with every entry of the feature lists of a sequence, in stored order.
  package func forEachFeatureList(
    _ body: (_ key: UnsafeRawBufferPointer, FeatureList) throws(ByteReader.Fault) -> Void
  ) throws(ByteReader.Fault) {
    try forEachEntry(of: 2) { key, value throws(ByteReader.Fault) in try body(key, FeatureList(value, in: start)) }
  }

  /// The feature (of a sequence, the context feature) with this name.
  package func feature(_ name: [UInt8]) throws(ByteReader.Fault) -> Feature? {
    guard let value = try value(name, of: 1) else { return nil }
    return try Feature(value, in: start)
  }

  /// The feature list with this name.
  package func featureList(_ name: [UInt8]) throws(ByteReader.Fault) -> FeatureList? {
    try value(name, of: 2).map { FeatureList($0, in: start) }
  }

  private func value(_ name: [UInt8], of number: UInt64) throws(ByteReader.Fault) -> UnsafeRawBufferPointer? {
    var found: UnsafeRawBufferPointer?
    try forEachEntry(of: number) { key, value throws(ByteReader.Fault) in
      if key.count == name.count, key.elementsEqual(name) { found = value }
    }
    return found
  }

  /// Walks the maps of field `number` (repeated ones merge) and their entries; an entry without a key has the empty
  /// key, one without a value an empty message.
  @inline(__always)
  private func forEachEntry(
    of number: UInt64,
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(ByteReader.Fault) -> Void
  ) throws(ByteReader.Fault) {
    var wire = Wire(payload, in: start)
    while let field = try wire.next() {
      guard field.number == number, field.type == 2 else { continue }
      var map = Wire(field.value, in: start)
      while let entry = try map.next() {
        guard entry.number == 1, entry.type == 2 else { continue }
        var key = UnsafeRawBufferPointer(start: nil, count: 0)
        var value = UnsafeRawBufferPointer(start: nil, count: 0)
        var fields = Wire(entry.value, in: start)
        while let field = try fields.next() {
          if field.number == 1, field.type == 2 { key = field.value }
          if field.number == 2, field.type == 2 { value = field.value }
        }
        try body(key, value)
      }
    }
  }
}

/// One `tf.train.FeatureList` in place: a feature for each step.
package struct FeatureList {
  private let message: UnsafeRawBufferPointer
  private let start: UnsafeRawPointer?

  init(_ message: UnsafeRawBufferPointer, in start: UnsafeRawPointer?) {
    self.message = message
    self.start = start
  }

  /// Calls `body` with the feature of each step.
  package func forEach(_ body: (Feature) throws(ByteReader.Fault) -> Void) throws(ByteReader.Fault) {
    var wire = Wire(message, in: start)
    while let field = try wire.next() {
      if field.number == 1, field.type == 2 { try body(try Feature(field.value, in: start)) }
    }
  }

  /// How many steps there are.
  package var count: Int {
    get throws(ByteReader.Fault) {
      var count = 0
      var wire = Wire(message, in: start)
      while let field = try wire.next() { count += field.number == 1 && field.type == 2 ? 1 : 0 }
      return count
    }
  }
}
