/// A fixed set of byte strings that tells where a string is without allocating.
///
/// Memory: the strings' bytes and about 24 bytes for each.
package struct ByteStringSet: Sendable {
  /// How many different strings there are.
  package let count: Int
  /// All strings, back to back, in the order of their first mention.
  private let bytes: [UInt8]
  /// Where each string begins, and the end of the last.
  private let bounds: [Int]
  /// Open addressing: the index of a string, or -1.
  private let slots: [Int32]
  private let mask: Int

  /// - Throws: ``KernelError`` `.usage` for more than 2³¹ - 1 strings.
  package init<S: Sequence>(_ strings: S) throws where S.Element: Collection<UInt8> {
    var builder = Builder()
    for string in strings {
      let isNew = string.withContiguousStorageIfAvailable { builder.insert(UnsafeRawBufferPointer($0)) }
      if isNew == nil { Array(string).withUnsafeBytes { _ = builder.insert($0) } }
      guard builder.bounds.count - 1 < Int(Int32.max) else { throw KernelError(.usage, "", "too many names") }
    }
    count = builder.bounds.count - 1
    bytes = builder.bytes
    bounds = builder.bounds
    slots = builder.slots
    mask = builder.mask
  }

  /// The number of `string` in the set, from 0 in the order of first mention; `nil` when it is not there.
  package func index(of string: UnsafeRawBufferPointer) -> Int? {
    bytes.withUnsafeBytes { bytes in
      var slot = Builder.hash(string) & mask
      while slots[slot] >= 0 {
        let index = Int(slots[slot])
        if Builder.equal(bytes, bounds[index]..<bounds[index + 1], string) { return index }
        slot = (slot + 1) & mask
      }
      return nil
    }
  }

  /// The string with this number.
  package func string(_ index: Int) -> [UInt8] { Array(bytes[bounds[index]..<bounds[index + 1]]) }

  private struct Builder {
    var bytes: [UInt8] = []
    var bounds = [0]
    var slots = [Int32](repeating: -1, count: 64)
    var mask: Int { slots.count - 1 }

    /// FNV-1a (Fowler, Noll, Vo), its high bits mixed into the low ones.
    static func hash(_ string: UnsafeRawBufferPointer) -> Int {
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in string { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
      return Int(truncatingIfNeeded: hash ^ hash >> 32) & .max
    }

    static func equal(
      _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ string: UnsafeRawBufferPointer
    ) -> Bool {
      range.count == string.count && bytes[range].elementsEqual(string)
    }

    mutating func insert(_ string: UnsafeRawBufferPointer) -> Bool {
      var slot = Builder.hash(string) & mask
      while slots[slot] >= 0 {
        let index = Int(slots[slot])
        let isSame = bytes.withUnsafeBytes { Builder.equal($0, bounds[index]..<bounds[index + 1], string) }
        if isSame { return false }
        slot = (slot + 1) & mask
      }
      slots[slot] = Int32(bounds.count - 1)
      bytes.append(contentsOf: string)
      bounds.append(bytes.count)
      if 2 * bounds.count > slots.count { grow() }
      return true
    }

    private mutating func grow() {
      var larger = [Int32](repeating: -1, count: 2 * slots.count)
      bytes.withUnsafeBytes { bytes in
        for index in 0..<(bounds.count - 1) {
          let string = UnsafeRawBufferPointer(rebasing: bytes[bounds[index]..<bounds[index + 1]])
          var slot = Builder.hash(string) & (larger.count - 1)
          while larger[slot] >= 0 { slot = (slot + 1) & (larger.count - 1) }
          larger[slot] = Int32(index)
        }
      }
      slots = larger
    }
  }
}

extension ByteStringSet {
  /// The lines of `file` (`-`: standard input); empty ones do not count, and a carriage return ends a line too.
  package init(linesOf file: String) throws {
    let bytes: [UInt8]
    if file == FileArguments.standardInput || FileStatus(file)?.isStream == true {
      let files = try RereadableFiles([file])
      bytes = try MappedFile(files.paths[0]).view.array
    } else {
      bytes = try MappedFile(file).view.array
    }
    try self.init(
      bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
  }
}
