import Bytes

/// One `tf.train.Feature` in place: a list of byte strings, of floats or of integers (specs: formats §3).
///
/// Read as protobuf reads it, not as TensorFlow's fast parser does: packed and unpacked values in any mixture
/// concatenate, also those of several values of one map entry; of two kinds in one feature the last counts. Nothing is
/// copied.
package struct Feature {
  /// What the list holds; `none` for a feature without a list, which stands for a missing value.
  package enum Kind: UInt8, Sendable, CaseIterable {
    case none, bytes, float, int64

    package var name: String { "\(self)" }
  }

  package private(set) var kind = Kind.none
  /// The contents of the first list that counts, the fields of its message that follow it, and those of the map entry
  /// that follow the message.
  private var first: UnsafeRawBufferPointer?
  private var rest = UnsafeRawBufferPointer(start: nil, count: 0)
  private var more = UnsafeRawBufferPointer(start: nil, count: 0)
  private let start: UnsafeRawPointer?

  /// - Parameters:
  ///   - message: the `Feature` message.
  ///   - more: what follows it in its map entry: further values there continue the message.
  ///   - start: the first byte of the record's payload, for offsets in faults.
  @inline(__always)
  init(
    _ message: UnsafeRawBufferPointer, more: UnsafeRawBufferPointer = .init(start: nil, count: 0),
    in start: UnsafeRawPointer?
  ) throws(ByteReader.Fault) {
    self.start = start
    try find(in: message, before: more)
    if !more.isEmpty { try findFurther(in: more) }
  }

  @inline(__always)
  private mutating func find(
    in message: UnsafeRawBufferPointer, before more: UnsafeRawBufferPointer
  ) throws(ByteReader.Fault) {
    var wire = Wire(message, in: start)
    while let field = try wire.next() {
      guard field.type == 2, field.number <= 3, let found = Kind(rawValue: UInt8(field.number)), found != kind
      else { continue }
      kind = found
      first = field.value
      rest = wire.rest
      self.more = more
    }
  }

  private mutating func findFurther(in entry: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    var wire = Wire(entry, in: start)
    while let field = try wire.next() {
      if field.number == 2, field.type == 2 { try find(in: field.value, before: wire.rest) }
    }
  }

  /// Calls `body` with the contents of every `BytesList`, `FloatList` or `Int64List` message that counts.
  @inline(__always)
  private func forEachList(
    _ body: (UnsafeRawBufferPointer) throws(ByteReader.Fault) -> Void
  ) throws(ByteReader.Fault) {
    guard let first else { return }
    try body(first)
    if !rest.isEmpty {
      var wire = Wire(rest, in: start)
      while let field = try wire.next() {
        if field.number == UInt64(kind.rawValue), field.type == 2 { try body(field.value) }
      }
    }
    if !more.isEmpty {
      var entry = Wire(more, in: start)
      while let value = try entry.next() {
        guard value.number == 2, value.type == 2 else { continue }
        var wire = Wire(value.value, in: start)
        while let field = try wire.next() {
          if field.number == UInt64(kind.rawValue), field.type == 2 { try body(field.value) }
        }
      }
    }
  }

  /// Calls `body` with each byte string of a feature of kind `bytes`.
  package func forEachBytes(
    _ body: (UnsafeRawBufferPointer) throws(ByteReader.Fault) -> Void
  ) throws(ByteReader.Fault) {
    guard kind == .bytes else { return }
    try forEachList { list throws(ByteReader.Fault) in
      var wire = Wire(list, in: start)
      while let field = try wire.next() {
        if field.number == 1, field.type == 2 { try body(field.value) }
      }
    }
  }

  /// Calls `body` with runs of little-endian float32 values, unaligned; packed lists come in one run.
  package func forEachFloats(
    _ body: (UnsafeRawBufferPointer) throws(ByteReader.Fault) -> Void
  ) throws(ByteReader.Fault) {
    guard kind == .float else { return }
    try forEachList { list throws(ByteReader.Fault) in
      var wire = Wire(list, in: start)
      while let field = try wire.next() {
        guard field.number == 1, field.type == 2 || field.type == 5 else { continue }
        guard field.value.count % 4 == 0 else {
          throw ByteReader.Fault(
            offset: offset(of: field.value), problem: "a list of floats has \(field.value.count) bytes")
        }
        try body(field.value)
      }
    }
  }

  /// Calls `body` with each integer of a feature of kind `int64`.
  package func forEachInt64(_ body: (Int64) throws(ByteReader.Fault) -> Void) throws(ByteReader.Fault) {
    guard kind == .int64 else { return }
    try forEachList { list throws(ByteReader.Fault) in
      var wire = Wire(list, in: start)
      while let field = try wire.next() {
        guard field.number == 1, field.type == 2 || field.type == 0 else { continue }
        var numbers = Wire(field.value, in: start)
        while !numbers.rest.isEmpty { try body(Int64(bitPattern: try numbers.varint())) }
      }
    }
  }

  /// How many values the feature has.
  package var count: Int {
    get throws(ByteReader.Fault) {
      var count = 0
      switch kind {
      case .none: break
      case .bytes: try forEachBytes { _ in count += 1 }
      case .float: try forEachFloats { count += $0.count / 4 }
      case .int64: try forEachInt64 { _ in count += 1 }
      }
      return count
    }
  }

  /// The only byte string of the feature; `nil` unless it has exactly one.
  package var singleBytes: UnsafeRawBufferPointer? {
    get throws(ByteReader.Fault) {
      var found: UnsafeRawBufferPointer?
      var count = 0
      try forEachBytes { bytes throws(ByteReader.Fault) in
        found = bytes
        count += 1
      }
      return count == 1 ? found : nil
    }
  }

  private func offset(of bytes: UnsafeRawBufferPointer) -> Int {
    guard let base = bytes.baseAddress, let start else { return 0 }
    return base - start
  }
}
