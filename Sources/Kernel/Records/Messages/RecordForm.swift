import Bytes

/// What a payload is, judged strictly: by every byte of it.
package enum RecordForm: String, Sendable, CaseIterable {
  /// No bytes at all: an example without features.
  case empty
  /// A `tf.train.Example`, or a sequence that has no feature lists.
  case example
  /// A `tf.train.SequenceExample`.
  case sequence
  /// Something else: another message, a damaged one, or one with fields that examples do not have.
  case other

  /// Judges `payload`; takes time linear in the number of its fields, and no memory.
  package init(of payload: UnsafeRawBufferPointer) {
    do { self = try RecordForm.judge(payload) } catch { self = .other }
  }

  private static func judge(_ payload: UnsafeRawBufferPointer) throws(ByteReader.Fault) -> RecordForm {
    var form = payload.isEmpty ? RecordForm.empty : .example
    var wire = Wire(payload, in: payload.baseAddress)
    while let field = try wire.next() {
      if field.number == 2 { form = .sequence }
      try require(field.type == 2 && field.number <= 2)
      try checkMap(field.value, isOfLists: field.number == 2)
    }
    return form
  }

  @inline(__always)
  private static func require(_ condition: Bool) throws(ByteReader.Fault) {
    guard condition else { throw .init(offset: 0, problem: "a field that examples do not have") }
  }

  private static func checkMap(_ map: UnsafeRawBufferPointer, isOfLists: Bool) throws(ByteReader.Fault) {
    var wire = Wire(map, in: map.baseAddress)
    while let entry = try wire.next() {
      try require(entry.type == 2 && entry.number == 1)
      var fields = Wire(entry.value, in: map.baseAddress)
      while let field = try fields.next() {
        try require(field.type == 2 && field.number <= 2)
        if field.number == 1 {
          try require(field.value.isValidUTF8)
        } else if isOfLists {
          try checkList(field.value)
        } else {
          try checkFeature(field.value)
        }
      }
    }
  }

  private static func checkList(_ list: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    var wire = Wire(list, in: list.baseAddress)
    while let step = try wire.next() {
      try require(step.type == 2 && step.number == 1)
      try checkFeature(step.value)
    }
  }

  @inline(__always)
  private static func checkFeature(_ feature: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    var wire = Wire(feature, in: feature.baseAddress)
    while let list = try wire.next() {
      try require(list.type == 2 && list.number <= 3)
      var values = Wire(list.value, in: feature.baseAddress)
      while let value = try values.next() {
        try require(value.number == 1)
        switch list.number {
        case 1: try require(value.type == 2)
        case 2: try require(value.type == 5 || (value.type == 2 && value.value.count % 4 == 0))
        default:
          try require(value.type == 0 || value.type == 2)
          var numbers = Wire(value.value, in: feature.baseAddress)
          while !numbers.rest.isEmpty { _ = try numbers.varint() }
        }
      }
    }
  }
}
