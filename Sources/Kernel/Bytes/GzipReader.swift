import CZlib

/// The contents of a gzip or zlib stream: one member or several in a row, each with its checksum verified.
///
/// Memory: 300 KiB, whatever the stream says.
public final class GzipReader: ByteSource {
  public var name: String { source.name }
  /// Compressed bytes taken from the source so far.
  public private(set) var compressedCount = 0

  /// The container around the deflated data.
  package enum Format: String, Sendable { case gzip, zlib }

  private let source: any ByteSource
  private let format: Format
  private let input = OwnedBuffer(byteCount: 256 << 10)
  // zlib keeps a pointer to the stream, so it must not move.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var memberIsComplete = false
  private var isAtEnd = false

  /// Reads gzip from `source`.
  public convenience init(_ source: any ByteSource) throws { try self.init(source, format: .gzip) }

  /// Reads the container `format` from `source`.
  package init(_ source: any ByteSource, format: Format) throws {
    self.source = source
    self.format = format
    stream.initialize(to: z_stream())
    // 15 bits of window, and 16 for "gzip only".
    let windowBits: Int32 = format == .gzip ? 15 + 16 : 15
    let status = inflateInit2_(stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw KernelError(.io, source.name, "zlib cannot start: status \(status)") }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Whether bytes that begin with `prefix` can be gzip.
  public static func recognizes(_ prefix: some Collection<UInt8>) -> Bool { prefix.starts(with: [0x1f, 0x8b]) }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard !isAtEnd else { return 0 }
    // zlib counts in 32 bits.
    let room = min(buffer.count, 1 << 30)
    stream.pointee.next_out = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(room)
    while stream.pointee.avail_out == room {
      if stream.pointee.avail_in == 0, try !refill() {
        guard memberIsComplete else {
          throw damaged("the \(format) stream ends too early", hint: "the copy is not complete; copy it again")
        }
        isAtEnd = true
        return 0
      }
      if memberIsComplete {
        inflateReset(stream)
        memberIsComplete = false
      }
      switch inflate(stream, Z_NO_FLUSH) {
      case Z_OK, Z_BUF_ERROR: break
      case Z_STREAM_END: memberIsComplete = true
      // What was inflated before the damage is given first; asked again, zlib repeats its answer.
      case Z_DATA_ERROR where stream.pointee.avail_out < room: break
      case Z_NEED_DICT: throw damaged("the \(format) stream needs a dictionary, which nothing here has")
      case Z_DATA_ERROR: throw damaged("the \(format) stream is damaged: \(zlibMessage)")
      case let status: throw KernelError(.io, name, "zlib gave up: status \(status)")
      }
    }
    return room - Int(stream.pointee.avail_out)
  }

  private func refill() throws -> Bool {
    let count = try source.read(into: input.bytes)
    compressedCount += count
    stream.pointee.next_in = input.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(count)
    return count > 0
  }

  private var zlibMessage: String { stream.pointee.msg.map { String(cString: $0) } ?? "no reason given" }

  private func damaged(_ problem: String, hint: String? = nil) -> KernelError {
    let offset = compressedCount - Int(stream.pointee.avail_in)
    return KernelError(.badData, name, at: .byte(offset), problem, hint: hint)
  }
}
