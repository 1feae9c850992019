import Bytes

/// Reads a sorted table, the LevelDB-like file that carries a bundle's index and a V1 checkpoint (specs: formats §4).
///
/// Every block is checksummed and decoded when the table is opened, so nothing unverified is ever handed out.
/// Values are views into the mapped file (of a Snappy block, into its decompressed copy). Memory: the keys, and the
/// decompressed blocks.
public struct TableReader: Sendable {
  /// A key and its value.
  public struct Entry: Sendable {
    public let key: [UInt8]
    public let value: ByteView
    /// Offset in the file of the block that holds the entry.
    public let blockOffset: Int
  }

  public let path: String
  /// All entries, keys strictly increasing as bytes.
  public let entries: [Entry]
  /// Whether a block was compressed, so that rewriting the table cannot reproduce its bytes.
  public let isCompressed: Bool

  static let footerLength = 48
  static let magic: UInt64 = 0xdb47_7524_8b80_fb57
  /// Type byte and checksum after the contents of a block.
  static let trailerLength = 5

  /// Decodes the table in `view`, which came from `path`.
  ///
  /// - Throws: ``KernelError`` `.badData` with the byte offset of the block at fault.
  public init(_ view: ByteView, path: String) throws {
    self.path = path
    let footer = try TableReader.footer(of: view, path: path)
    let metaindex = try Block(view, footer.metaindex, path: path)
    try metaindex.forEachEntry { _, _ in }
    let index = try Block(view, footer.index, path: path)
    var entries: [Entry] = []
    var isCompressed = metaindex.isCompressed || index.isCompressed
    // A key repeats up to its whole predecessor for three bytes; honest tables restart every 16 keys.
    var keyBudget = (1 << 20) + 16 * view.count
    func charge(_ key: [UInt8], _ place: Int) throws {
      keyBudget -= key.count
      guard keyBudget >= 0 else {
        throw KernelError(.badData, path, at: .byte(place), "keys expand to over 16 times the file")
      }
    }
    var end = 0
    try index.forEachEntry { separator, handleBytes in
      let handle = try handleBytes.withUnsafeBytes { bytes in
        try reporting(path, at: footer.index.offset) {
          var reader = ByteReader(bytes)
          return try BlockHandle(&reader, fileSize: view.count)
        }
      }
      // Reading a block twice would let a small file take any time.
      guard handle.offset >= end else {
        throw KernelError(
          .badData, path, at: .byte(handle.offset), "blocks of the table overlap or are out of order")
      }
      end = handle.offset + handle.size + TableReader.trailerLength
      try charge(separator, footer.index.offset)
      let block = try Block(view, handle, path: path)
      isCompressed = isCompressed || block.isCompressed
      try block.forEachEntry { key, value in
        if let last = entries.last, !last.key.lexicographicallyPrecedes(key) {
          throw KernelError(.badData, path, at: .byte(handle.offset), "keys of the table are out of order")
        }
        try charge(key, handle.offset)
        entries.append(Entry(key: key, value: value, blockOffset: handle.offset))
      }
      if let last = entries.last, separator.lexicographicallyPrecedes(last.key) {
        throw KernelError(
          .badData, path, at: .byte(footer.index.offset), "the index block's key precedes its block's last key")
      }
    }
    self.entries = entries
    self.isCompressed = isCompressed
  }

  /// Whether the file ends with a table's magic number; reads its last eight bytes only.
  package static func isTable(_ view: ByteView) -> Bool {
    guard view.count >= footerLength else { return false }
    return view.withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: $0.count - 8, as: UInt64.self)) == magic
    }
  }

  private static func footer(of view: ByteView, path: String) throws -> (metaindex: BlockHandle, index: BlockHandle)
  {
    guard view.count >= footerLength else {
      throw KernelError(
        .badData, path, "\(view.count) bytes are too few for a table, whose footer alone has \(footerLength)",
        hint: gitPointerHint(view) ?? "the copy is incomplete; copy the file again")
    }
    guard isTable(view) else {
      throw KernelError(
        .badData, path, at: .byte(view.count - 8), "no table magic at the end",
        hint: gitPointerHint(view) ?? "the file is cut off or is not a checkpoint index; copy it again")
    }
    let start = view.count - footerLength
    return try view.withUnsafeBytes { bytes in
      try reporting(path, at: start) {
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[start..<(start + 40)]))
        let metaindex = try BlockHandle(&reader, fileSize: bytes.count)
        return (metaindex, try BlockHandle(&reader, fileSize: bytes.count))
      }
    }
  }
}

/// Where a block's contents lie; `size` leaves out the trailer. Both are checked against the file.
struct BlockHandle {
  let offset: Int
  let size: Int

  init(_ reader: inout ByteReader, fileSize: Int) throws(ByteReader.Fault) {
    let limit = fileSize - TableReader.footerLength - TableReader.trailerLength
    offset = try reader.length(limit: max(limit, 0))
    // The sum cannot overflow: both are below the file's size (CVE-2018-7575 was a size near 2^64 here).
    size = try reader.length(limit: max(limit - offset, 0))
  }
}

/// The hint for a file that is really a git-LFS pointer, a common accident of shallow clones.
package func gitPointerHint(_ view: ByteView) -> String? {
  let magic = Array("version https://git-lfs.github.com/spec/".utf8)
  let isPointer = view.withUnsafeBytes { $0.count >= magic.count && $0.prefix(magic.count).elementsEqual(magic) }
  return isPointer ? "this is a git-LFS pointer, not the file itself; run `git lfs pull`" : nil
}
