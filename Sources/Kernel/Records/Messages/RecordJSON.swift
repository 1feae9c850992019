import Bytes

/// Records as lines of JSON.
///
///     {"features": {"id": {"bytes": ["ab"]}, "labels": {"int64": [1, 2]}, "mean_rgb": {"float": [0.5]}}}
///     {"context": {…}, "feature_lists": {"rgb": [{"bytes": [{"base64": "AP8="}]}, …]}}
///     {"raw": "CgA="}
///
/// Map entries keep their stored order, so that a record whose writer was canonical comes back byte for byte
/// (``RecordJSONReader``). A feature without a kind is `{}`. Bytes are text where they are UTF-8 without control
/// characters other than tab and line breaks, else base64. Floats have the fewest digits that read back exactly;
/// infinities are the strings `"Infinity"` and `"-Infinity"`, a NaN is `"NaN"`, with its bits (`"NaN:ffc00000"`) unless
/// they are the usual 7fc00000. What is neither an example nor a sequence, or has fields that those do not have, is
/// `raw`: the payload in base64.
package enum RecordJSON {
  /// Appends a line with its newline.
  ///
  /// - Returns: whether the record could be shown with its features; `false` if it had to be `raw`.
  package static func append(_ payload: UnsafeRawBufferPointer, to text: inout [UInt8]) -> Bool {
    let start = text.count
    guard RecordForm(of: payload) != .other else {
      appendRaw(payload, to: &text)
      return false
    }
    do {
      try append(RecordMessage(payload), to: &text)
      text.append(UInt8(ascii: "\n"))
      return true
    } catch {
      text.removeSubrange(start...)
      appendRaw(payload, to: &text)
      return false
    }
  }

  /// Appends a line with the payload in base64.
  package static func appendRaw(_ payload: UnsafeRawBufferPointer, to text: inout [UInt8]) {
    text.append(text: "{\"raw\": \"")
    Base64.append(payload, to: &text)
    text.append(text: "\"}\n")
  }

  private static func append(_ message: RecordMessage, to text: inout [UInt8]) throws(ByteReader.Fault) {
    let parts = try message.parts
    text.append(text: "{")
    if parts.hasFeatures {
      text.append(text: parts.hasLists ? "\"context\": {" : "\"features\": {")
      try appendFeatures(message, to: &text)
      text.append(text: parts.hasLists ? "}, " : "}")
    }
    if parts.hasLists {
      text.append(text: "\"feature_lists\": {")
      try appendLists(message, to: &text)
      text.append(text: "}")
    }
    text.append(text: "}")
  }

  private static func appendFeatures(_ message: RecordMessage, to text: inout [UInt8]) throws(ByteReader.Fault) {
    var last: [[UInt8]: Int] = [:]
    var count = 0
    try message.forEachFeature { key, _ throws(ByteReader.Fault) in
      last[[UInt8](key)] = count
      count += 1
    }
    var number = 0
    var isFirst = true
    try message.forEachFeature { key, feature throws(ByteReader.Fault) in
      defer { number += 1 }
      // Of equal keys the last counts.
      guard last.count == count || last[[UInt8](key)] == number else { return }
      appendKey(key, &isFirst, to: &text)
      try append(feature, to: &text)
    }
  }

  private static func appendLists(_ message: RecordMessage, to text: inout [UInt8]) throws(ByteReader.Fault) {
    var last: [[UInt8]: Int] = [:]
    var count = 0
    try message.forEachFeatureList { key, _ throws(ByteReader.Fault) in
      last[[UInt8](key)] = count
      count += 1
    }
    var number = 0
    var isFirst = true
    try message.forEachFeatureList { key, list throws(ByteReader.Fault) in
      defer { number += 1 }
      guard last.count == count || last[[UInt8](key)] == number else { return }
      appendKey(key, &isFirst, to: &text)
      text.append(UInt8(ascii: "["))
      var isFirstStep = true
      try list.forEach { feature throws(ByteReader.Fault) in
        appendComma(&isFirstStep, to: &text)
        try append(feature, to: &text)
      }
      text.append(UInt8(ascii: "]"))
    }
  }

  private static func appendKey(_ key: UnsafeRawBufferPointer, _ isFirst: inout Bool, to text: inout [UInt8]) {
    appendComma(&isFirst, to: &text)
    text.append(jsonString: key)
    text.append(text: ": ")
  }

  private static func appendComma(_ isFirst: inout Bool, to text: inout [UInt8]) {
    if !isFirst { text.append(text: ", ") }
    isFirst = false
  }

  private static func append(_ feature: Feature, to text: inout [UInt8]) throws(ByteReader.Fault) {
    var isFirst = true
    switch feature.kind {
    case .none:
      text.append(text: "{}")
      return
    case .bytes:
      text.append(text: "{\"bytes\": [")
      try feature.forEachBytes { bytes throws(ByteReader.Fault) in
        appendComma(&isFirst, to: &text)
        append(bytes: bytes, to: &text)
      }
    case .float:
      text.append(text: "{\"float\": [")
      try feature.forEachFloats { run throws(ByteReader.Fault) in
        for offset in stride(from: 0, to: run.count, by: 4) {
          appendComma(&isFirst, to: &text)
          let bits = UInt32(littleEndian: run.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
          append(float: Float(bitPattern: bits), to: &text)
        }
      }
    case .int64:
      text.append(text: "{\"int64\": [")
      try feature.forEachInt64 { value throws(ByteReader.Fault) in
        appendComma(&isFirst, to: &text)
        text.append(decimal: value)
      }
    }
    text.append(text: "]}")
  }

  /// Appends a byte string as text or base64.
  package static func append(bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) {
    if bytes.isPlainText { return text.append(jsonString: bytes) }
    text.append(text: "{\"base64\": \"")
    Base64.append(bytes, to: &text)
    text.append(text: "\"}")
  }

  /// Appends a number, or the string that stands for one that JSON has not.
  static func append(float value: Float, to text: inout [UInt8]) {
    if value.isFinite { return text.append(contentsOf: value.description.utf8) }
    text.append(UInt8(ascii: "\""))
    if value.isNaN {
      text.append(text: "NaN")
      if value.bitPattern != 0x7fc0_0000 {
        text.append(UInt8(ascii: ":"))
        for shift in stride(from: UInt32(28), through: 0, by: -4) {
          text.append(hexDigit: UInt8(truncatingIfNeeded: value.bitPattern >> shift & 15))
        }
      }
    } else {
      text.append(text: value < 0 ? "-Infinity" : "Infinity")
    }
    text.append(UInt8(ascii: "\""))
  }
}

extension UnsafeRawBufferPointer {
  /// Whether the bytes are UTF-8 that a person can look at: no control characters but tab and line breaks.
  fileprivate var isPlainText: Bool {
    var previous: UInt8 = 0
    for byte in self {
      switch byte {
      case 0x09, 0x0a, 0x0d: break
      case 0..<0x20, 0x7f: return false
      // U+0080 to U+009F.
      case 0x80...0x9f where previous == 0xc2: return false
      default: break
      }
      previous = byte
    }
    return isValidUTF8
  }
}
