/// A cursor over untrusted bytes: every read checks the end first and throws ``Fault`` with the offset.
///
/// The caller, who knows the file, turns a fault into a ``KernelError``.
package struct ByteReader {
  /// What is wrong, and at which offset of the bytes being read.
  package struct Fault: Error, Equatable {
    package let offset: Int
    package let problem: String

    /// A fault found at `offset` of the bytes being read.
    package init(offset: Int, problem: String) {
      self.offset = offset
      self.problem = problem
    }
  }

  package let bytes: UnsafeRawBufferPointer
  package private(set) var offset: Int

  /// A cursor at `offset`; the bytes must outlive it.
  package init(_ bytes: UnsafeRawBufferPointer, offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  @inlinable package var remaining: Int { bytes.count - offset }
  package var isAtEnd: Bool { remaining == 0 }

  /// A fault at the cursor.
  package func fault(_ problem: String) -> Fault { Fault(offset: offset, problem: problem) }

  /// A base-128 varint of at most ten bytes whose value fits 64 bits.
  package mutating func varint() throws(Fault) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    var cursor = offset
    while cursor < bytes.count {
      let byte = bytes[cursor]
      cursor += 1
      if shift == 63 && byte > 1 { throw fault("a varint exceeds 64 bits") }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 {
        offset = cursor
        return value
      }
      shift += 7
      if shift > 63 { throw fault("a varint exceeds 64 bits") }
    }
    throw fault("the data ends inside a varint")
  }

  /// A varint that must be a length or position: at most `limit`.
  package mutating func length(limit: Int = .max) throws(Fault) -> Int {
    let start = offset
    let value = try varint()
    guard value <= UInt64(limit) else {
      throw Fault(offset: start, problem: "a length of \(value) exceeds the \(limit) that fit")
    }
    return Int(value)
  }

  /// The next four bytes as a little-endian number.
  package mutating func fixed32() throws(Fault) -> UInt32 {
    guard remaining >= 4 else { throw fault("the data ends inside a 4-byte number") }
    defer { offset += 4 }
    return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// The next eight bytes as a little-endian number.
  package mutating func fixed64() throws(Fault) -> UInt64 {
    guard remaining >= 8 else { throw fault("the data ends inside an 8-byte number") }
    defer { offset += 8 }
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// The next `count` bytes, in place.
  package mutating func take(_ count: Int) throws(Fault) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else {
      throw fault("\(count) bytes are announced but \(remaining) remain")
    }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + count)])
  }
}

/// Runs `body`, giving its ``ByteReader/Fault`` the file and the offset where its bytes begin.
package func reporting<R>(_ path: String, at base: Int, _ body: () throws -> R) throws -> R {
  do { return try body() } catch let fault as ByteReader.Fault {
    throw KernelError(.badData, path, at: .byte(base + fault.offset), fault.problem)
  }
}
