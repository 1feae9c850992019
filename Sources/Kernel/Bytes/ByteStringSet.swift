/// A fixed set of byte strings that tells where a string is without allocating.
///
/// Memory: the strings' bytes, and as much as a ``KeyIndex`` takes.
package struct ByteStringSet: Sendable {
  private let index: KeyIndex

  /// - Throws: ``KernelError`` as ``KeyIndex/insert(_:)`` does.
  package init<S: Sequence>(_ strings: S) throws where S.Element: Collection<UInt8> {
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []
    for string in strings {
      let start = bytes.count
      bytes.append(contentsOf: string)
      ranges.append(start..<bytes.count)
    }
    try self.init(ranges, of: ByteView(bytes))
  }

  private init(_ ranges: [Range<Int>], of bytes: ByteView) throws {
    var index = KeyIndex(over: bytes, capacity: ranges.count)
    for range in ranges { _ = try index.insert(range) }
    self.index = index
  }

  /// The lines of `file` (`-`: standard input) that are not empty; it may be gzipped.
  package init(linesOf file: String) throws {
    let bytes = try WholeInput(file).bytes
    var ranges: [Range<Int>] = []
    bytes.withUnsafeBytes { bytes in
      var lines = TextLines(bytes)
      while let line = lines.next() { ranges.append(line) }
    }
    try self.init(ranges, of: bytes)
  }

  /// How many different strings there are.
  package var count: Int { index.count }

  /// The number of `string` in the set, from 0 in the order of first mention; `nil` when it is not there.
  package func index(of string: UnsafeRawBufferPointer) -> Int? { index.number(of: string) }

  /// The string with this number.
  package func string(_ number: Int) -> [UInt8] { index.withKey(number) { [UInt8]($0) } }
}
