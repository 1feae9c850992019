import Bytes

/// The dictionary in a .npy header: a Python literal of exactly the keys descr, fortran_order and shape.
struct NpyFields {
  private(set) var description = (text: "", offset: 0)
  private(set) var isColumnMajor = false
  private(set) var shape = Shape.scalar

  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private let start: Int

  /// - Parameter start: where `bytes` begin in the file, for faults.
  init(_ bytes: UnsafeRawBufferPointer, at start: Int) {
    self.bytes = bytes
    self.start = start
  }

  mutating func parse() throws(ByteReader.Fault) {
    try expect("{")
    var seen: Set<String> = []
    while !take("}") {
      let key = try string()
      guard seen.insert(key).inserted else { throw fault("the key '\(key.printable)' appears twice") }
      try expect(":")
      switch key {
      case "descr": try parseDescription()
      case "fortran_order": isColumnMajor = try bool()
      case "shape": try parseShape()
      default: throw fault("unknown key '\(key.printable)' in the header")
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard position == bytes.count else { throw fault("something follows the header's dictionary") }
    guard seen.count == 3 else { throw fault("the header lacks one of descr, fortran_order and shape") }
  }

  private mutating func parseDescription() throws(ByteReader.Fault) {
    skipSpace()
    let offset = start + position
    if peek() == UInt8(ascii: "[") || peek() == UInt8(ascii: "(") {
      throw fault("a structured array (records with fields) is no tensor; save each field by itself")
    }
    description = (try string(), offset)
  }

  private mutating func parseShape() throws(ByteReader.Fault) {
    try expect("(")
    var dimensions: [Int] = []
    while !take(")") {
      guard dimensions.count < NpyHeader.rankLimit else {
        throw fault("more than \(NpyHeader.rankLimit) dimensions")
      }
      dimensions.append(try dimension())
      if !take(",") {
        try expect(")")
        break
      }
    }
    guard let shape = Shape(dimensions) else { throw fault("the number of elements overflows") }
    self.shape = shape
  }

  private mutating func dimension() throws(ByteReader.Fault) -> Int {
    skipSpace()
    let first = position
    var value = 0
    while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      guard !overflow, !carry else { throw fault("a dimension does not fit 63 bits") }
      value = sum
      position += 1
    }
    guard position > first else { throw fault("a dimension (a whole number) is expected") }
    // Python 2 wrote long integers as 3L.
    if peek() == UInt8(ascii: "L") { position += 1 }
    return value
  }

  private mutating func bool() throws(ByteReader.Fault) -> Bool {
    if takeWord("True") { return true }
    if takeWord("False") { return false }
    throw fault("True or False is expected")
  }

  /// A string in single or double quotes; none that numpy writes has escapes, so none are read.
  private mutating func string() throws(ByteReader.Fault) -> String {
    skipSpace()
    guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw fault("a string in quotes is expected")
    }
    let first = position + 1
    guard let length = bytes[first...].firstIndex(of: quote).map({ $0 - first }) else {
      throw fault("the header ends inside a string")
    }
    let text = UnsafeRawBufferPointer(rebasing: bytes[first..<(first + length)])
    guard !text.contains(UInt8(ascii: "\\")), let string = String(validating: text, as: UTF8.self) else {
      throw fault("an escape or a byte that is not UTF-8 in a string")
    }
    position = first + length + 1
    return string
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0a { position += 1 }
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek() == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }

  private mutating func takeWord(_ word: String) -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func expect(_ scalar: Unicode.Scalar) throws(ByteReader.Fault) {
    guard take(scalar) else { throw fault("'\(scalar)' is expected in the header") }
  }

  private func fault(_ problem: String) -> ByteReader.Fault {
    ByteReader.Fault(offset: start + position, problem: problem)
  }
}
