import Bytes

extension Int32 {
  /// A label or class as text: a whole number from 0 to 2³¹ - 1, digits only.
  init?(label text: UnsafeRawBufferPointer) {
    var value: Int64 = 0
    guard !text.isEmpty else { return nil }
    for byte in text {
      guard byte &- UInt8(ascii: "0") < 10, value < 1 << 32 else { return nil }
      value = value * 10 + Int64(byte &- UInt8(ascii: "0"))
    }
    self.init(exactly: value)
  }
}

extension ByteReader.Fault {
  /// That a word is no label.
  init(notALabel word: UnsafeRawBufferPointer) {
    let shown = String(decoding: word.prefix(24), as: UTF8.self).printable
    self.init(offset: 0, problem: "'\(shown)' is not a label (a whole number from 0)")
  }
}
