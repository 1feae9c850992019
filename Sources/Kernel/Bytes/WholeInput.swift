/// A file of which all is needed at once, as one stretch of bytes.
///
/// A plain file is mapped; what comes from standard input, from a pipe or out of gzip is held in memory, or beyond a
/// size in an unnamed file that is mapped.
package struct WholeInput: Sendable {
  /// What messages call it.
  package let name: String
  package let bytes: ByteView

  /// Opens `path`; `-` is standard input.
  ///
  /// - Parameters:
  ///   - limit: the bytes that may be held in memory.
  ///   - spoolSize: the bytes beyond which what cannot be mapped goes to a ``SpoolFile``; it never does when `nil`.
  /// - Throws: ``KernelError`` `.noInput` when it is missing, a directory or unreadable, `.badData` when its gzip stream
  ///   is damaged or there is more than `limit`, and what a ``SpoolFile`` throws.
  package init(_ path: String, limit: Int = 16 << 30, spoolingBeyond spoolSize: Int? = nil) throws {
    let isStandardInput = path == FileArguments.standardInput
    if !isStandardInput, FileStatus(path)?.isRegular != false {
      let view = try MappedFile(path).view
      if !view.withUnsafeBytes({ GzipReader.recognizes($0) }) {
        name = path
        bytes = view
        return
      }
    }
    let file = try PeekedSource(isStandardInput ? FileReader.standardInput() : FileReader(path), byteCount: 2)
    name = file.name
    let source: any ByteSource = try GzipReader.recognizes(file.beginning) ? GzipReader(file) : file
    bytes = try WholeInput.all(source, limit, spoolSize ?? .max)
  }

  /// A text that the program makes itself: what `body` writes, beyond ``spoolSize`` in an unnamed file.
  ///
  /// - Throws: what `body` or a ``SpoolFile`` throws.
  package init(named name: String, _ body: (any ByteSink) throws -> Void) throws {
    let text = HeldText()
    try body(text)
    self.name = name
    bytes = try text.view()
  }

  /// Text held in memory up to ``spoolSize``.
  private final class HeldText: ByteSink {
    private var bytes: [UInt8] = []
    private var spool: SpoolFile?

    func write(_ piece: UnsafeRawBufferPointer) throws {
      if spool == nil, bytes.count + piece.count > WholeInput.spoolSize { spool = try SpoolFile() }
      guard let spool else { return bytes.append(contentsOf: piece) }
      if !bytes.isEmpty {
        try spool.write(bytes)
        bytes = []
      }
      try spool.write(piece)
    }

    func view() throws -> ByteView { try spool.map { try MappedFile($0.path).view } ?? ByteView(bytes) }
  }

  /// What most programs may hold of a stream in memory.
  package static let spoolSize = 64 << 20

  private static func all(_ source: any ByteSource, _ limit: Int, _ spoolSize: Int) throws -> ByteView {
    var buffer = OwnedBuffer(byteCount: 1 << 16)
    var filled = 0
    while true {
      if filled == buffer.bytes.count {
        if filled >= spoolSize {
          let spool = try SpoolFile()
          try spool.write(UnsafeRawBufferPointer(buffer.bytes))
          try spool.append(source)
          return try MappedFile(spool.path).view
        }
        guard filled < limit else {
          throw KernelError(
            .badData, source.name, "holds more than \(limit) bytes", hint: "give it as a plain file")
        }
        let larger = OwnedBuffer(byteCount: min(2 * filled, limit))
        larger.bytes.copyMemory(from: UnsafeRawBufferPointer(buffer.bytes))
        buffer = larger
      }
      let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[filled...]))
      if count == 0 { break }
      filled += count
    }
    return ByteView(unsafe: UnsafeRawBufferPointer(buffer.bytes), owner: buffer).subview(0..<filled)
  }
}
