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
    get throws(ByteReader.Fault) { try parts.hasLists ? .sequence : .example }
  }

  /// Whether the message has features (or a context), and feature lists, even if only empty ones.
  package var parts: (hasFeatures: Bool, hasLists: Bool) {
    get throws(ByteReader.Fault) {
      var parts = (hasFeatures: false, hasLists: false)
      var wire = Wire(payload, in: start)
      while let field = try wire.next() {
        guard field.type == 2 else { continue }
        if field.number == 1 { parts.hasFeatures = true }
        if field.number == 2 { parts.hasLists = true }
      }
      return parts
    }
  }

  /// Calls `body` with every entry of the features of an example, or of the context of a sequence, in stored order.
  package func forEachFeature(
    _ body: (_ key: UnsafeRawBufferPointer, Feature) throws(ByteReader.Fault) -> Void
  ) throws(ByteReader.Fault) {
    try forEachEntry(of: 1) { key, value, more throws(ByteReader.Fault) in
      try body(key, try Feature(value, more: more, in: start))
    }
  }

  /// Calls `body` with every entry of the feature lists of a sequence, in stored order.
  package func forEachFeatureList(
    _ body: (_ key: UnsafeRawBufferPointer, FeatureList) throws(ByteReader.Fault) -> Void
  ) throws(ByteReader.Fault) {
    try forEachEntry(of: 2) { key, value, more throws(ByteReader.Fault) in
      try body(key, FeatureList(value, more: more, in: start))
    }
  }

  /// The feature (of a sequence, the context feature) with this name.
  package func feature(_ name: FeatureName) throws(ByteReader.Fault) -> Feature? {
    guard let (value, more) = try value(name, of: 1) else { return nil }
    return try Feature(value, more: more, in: start)
  }

  /// The feature list with this name.
  package func featureList(_ name: FeatureName) throws(ByteReader.Fault) -> FeatureList? {
    try value(name, of: 2).map { FeatureList($0.value, more: $0.more, in: start) }
  }

  private func value(
    _ name: FeatureName, of number: UInt64
  ) throws(ByteReader.Fault) -> (value: UnsafeRawBufferPointer, more: UnsafeRawBufferPointer)? {
    var found: (UnsafeRawBufferPointer, UnsafeRawBufferPointer)?
    try forEachEntry(of: number) { key, value, more throws(ByteReader.Fault) in
      if name.matches(key) { found = (value, more) }
    }
    return found
  }

  /// Walks the maps of field `number` (repeated ones merge) and their entries; an entry without a key has the empty
  /// key, one without a value an empty message. What follows the value in its entry is passed on too, because further
  /// values would continue it.
  @inline(__always)
  private func forEachEntry(
    of number: UInt64,
    _ body: (
      _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ more: UnsafeRawBufferPointer
    ) throws(ByteReader.Fault) -> Void
  ) throws(ByteReader.Fault) {
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    var wire = Wire(payload, in: start)
    while let field = try wire.next() {
      guard field.number == number, field.type == 2 else { continue }
      var map = Wire(field.value, in: start)
      while let entry = try map.next() {
        guard entry.number == 1, entry.type == 2 else { continue }
        var key = nothing
        var value = nothing
        var more = nothing
        var hasValue = false
        var fields = Wire(entry.value, in: start)
        while let field = try fields.next() {
          guard field.type == 2 else { continue }
          if field.number == 1 {
            key = field.value
          } else if field.number == 2, !hasValue {
            hasValue = true
            value = field.value
            more = fields.rest
          }
        }
        try body(key, value, more)
      }
    }
  }
}

/// One `tf.train.FeatureList` in place: a feature for each step.
package struct FeatureList {
  private let message: UnsafeRawBufferPointer
  /// What follows the message in its map entry: further values there continue it.
  private let more: UnsafeRawBufferPointer
  private let start: UnsafeRawPointer?

  init(_ message: UnsafeRawBufferPointer, more: UnsafeRawBufferPointer, in start: UnsafeRawPointer?) {
    self.message = message
    self.more = more
    self.start = start
  }

  /// Calls `body` with the feature of each step.
  package func forEach(_ body: (Feature) throws(ByteReader.Fault) -> Void) throws(ByteReader.Fault) {
    try forEachStep { step throws(ByteReader.Fault) in try body(try Feature(step, in: start)) }
  }

  @inline(__always)
  private func forEachStep(
    _ body: (UnsafeRawBufferPointer) throws(ByteReader.Fault) -> Void
  ) throws(ByteReader.Fault) {
    var wire = Wire(message, in: start)
    while let field = try wire.next() {
      if field.number == 1, field.type == 2 { try body(field.value) }
    }
    guard !more.isEmpty else { return }
    var entry = Wire(more, in: start)
    while let value = try entry.next() {
      guard value.number == 2, value.type == 2 else { continue }
      var wire = Wire(value.value, in: start)
      while let field = try wire.next() {
        if field.number == 1, field.type == 2 { try body(field.value) }
      }
    }
  }

  /// How many steps there are.
  package var count: Int {
    get throws(ByteReader.Fault) {
      var count = 0
      try forEachStep { _ in count += 1 }
      return count
    }
  }
}
