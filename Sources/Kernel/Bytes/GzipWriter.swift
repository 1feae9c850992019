import CZlib
import Synchronization

/// A sink that compresses what it is given, on several threads, into another sink.
///
/// The stream is cut every 256 KiB; each block is deflated by itself, seeing the 32 KiB before it, and flushed to a
/// byte boundary, so that the blocks in a row make one gzip member (RFC 1952) or zlib stream (RFC 1950). The header
/// has no name and no clock: the bytes depend only on the input and the level (and on the versions of ISA-L and
/// zlib), not on the number of threads or on how the input was cut into ``write(_:)`` calls.
///
/// Memory: about 5 MiB for each thread; a lone thread that takes a block at a time needs about 1 MiB.
public final class GzipWriter: ByteSink {
  private let sink: any ByteSink
  private let workers: Workers
  private let batch: Batch
  private let format: GzipReader.Format
  /// CRC-32 in gzip, Adler-32 in zlib.
  private var checksum: UInt
  private var inputCount: UInt32 = 0
  private var started = false

  /// Writes to `sink` a gzip member, complete after ``finish()``.
  public convenience init(into sink: any ByteSink, level: GzipLevel = .standard, workers: Workers = Workers()) {
    self.init(into: sink, level: level, format: .gzip, workers: workers)
  }

  /// Writes to `sink` a gzip member or zlib stream, complete after ``finish()``.
  ///
  /// - Parameter blockCount: how many blocks are collected before they are deflated together; 8 for each thread when
  ///   `nil`. The bytes written do not depend on it.
  package init(
    into sink: any ByteSink, level: GzipLevel, format: GzipReader.Format, workers: Workers, blockCount: Int? = nil
  ) {
    self.sink = sink
    self.workers = workers
    self.format = format
    checksum = format == .gzip ? 0 : 1
    batch = Batch(blockCount: blockCount ?? 8 * workers.count, level: level, format: format)
  }

  public func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let taken = batch.append(UnsafeRawBufferPointer(rebasing: rest))
      rest = rest.dropFirst(taken)
      if batch.isFull { try flush() }
    }
  }

  /// Writes what is left and the trailer; the writer is of no use afterwards.
  public func finish() throws {
    try flush()
    // An empty last block: its three header bits and the end-of-block code, padded to bytes (RFC 1951 §3.2.6).
    var trailer: [UInt8] = [0x03, 0x00]
    switch format {
    case .gzip:
      trailer.append(fixed32: UInt32(truncatingIfNeeded: checksum))
      trailer.append(fixed32: inputCount)
    case .zlib: trailer.append(fixed32: UInt32(truncatingIfNeeded: checksum).byteSwapped)
    }
    try sink.write(trailer)
  }

  private func flush() throws {
    if !started {
      started = true
      switch format {
      // Magic, deflate, no flags, no time, no hint, Unix (RFC 1952 §2.3).
      case .gzip: try sink.write([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])
      // Deflate with a window of 32 KiB, default level, check bits (RFC 1950 §2.2), as TensorFlow writes it.
      case .zlib: try sink.write([0x78, 0x9c])
      }
    }
    let batch = batch
    try workers.run(batch.usedBlocks) { batch.deflate($0) }
    for block in batch.blocks.prefix(batch.usedBlocks) {
      checksum =
        format == .gzip
        ? crc32_combine(checksum, block.checksum, block.inputCount)
        : adler32_combine(checksum, block.checksum, block.inputCount)
      // The trailer keeps the length modulo 2^32.
      inputCount &+= UInt32(truncatingIfNeeded: block.inputCount)
      try sink.write(UnsafeRawBufferPointer(rebasing: block.output.bytes[..<block.outputCount]))
    }
    batch.startNext()
  }
}

/// The blocks being filled, then deflated together.
private final class Batch: @unchecked Sendable {
  // Sendable holds because during `Workers.run` each block is touched by one task and the input by none.
  final class Block {
    let output = OwnedBuffer(byteCount: StoredBlocks.byteCount(for: blockSize))
    var inputCount = 0
    var outputCount = 0
    var checksum: UInt = 0
  }

  static let blockSize = 256 << 10
  static let windowSize = 32 << 10

  let blocks: [Block]
  /// The last bytes of the previous batch, then the blocks.
  private let input: OwnedBuffer
  private var filled = 0
  private var historyCount = 0
  private let level: GzipLevel
  private let format: GzipReader.Format
  private let idleDeflaters = Mutex<[BlockDeflater]>([])

  init(blockCount: Int, level: GzipLevel, format: GzipReader.Format) {
    blocks = (0..<blockCount).map { _ in Block() }
    input = OwnedBuffer(byteCount: Batch.windowSize + blockCount * Batch.blockSize)
    self.level = level
    self.format = format
  }

  var isFull: Bool { filled == blocks.count * Batch.blockSize }
  var usedBlocks: Int { (filled + Batch.blockSize - 1) / Batch.blockSize }

  /// Copies as much of `bytes` as fits and returns how much that was.
  func append(_ bytes: UnsafeRawBufferPointer) -> Int {
    let count = min(bytes.count, blocks.count * Batch.blockSize - filled)
    let start = Batch.windowSize + filled
    UnsafeMutableRawBufferPointer(rebasing: input.bytes[start..<(start + count)])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    filled += count
    return count
  }

  func deflate(_ index: Int) {
    let block = blocks[index]
    let start = Batch.windowSize + index * Batch.blockSize
    let end = min(start + Batch.blockSize, Batch.windowSize + filled)
    let history = index == 0 ? historyCount : Batch.windowSize
    let deflater = idleDeflaters.withLock { $0.popLast() } ?? BlockDeflater(level)
    let bytes = UnsafeRawBufferPointer(rebasing: input.bytes[start..<end])
    block.inputCount = bytes.count
    block.checksum =
      format == .gzip
      ? UInt(CRC32.of(bytes))
      : adler32(1, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(bytes.count))
    block.outputCount = deflater.deflate(
      bytes, after: UnsafeRawBufferPointer(rebasing: input.bytes[(start - history)..<start]),
      into: block.output.bytes)
    idleDeflaters.withLock { $0.append(deflater) }
  }

  /// Empties the blocks, keeping the window that the next block may refer to.
  func startNext() {
    guard isFull else { return }
    let tail = UnsafeRawBufferPointer(rebasing: input.bytes[filled..<(filled + Batch.windowSize)])
    input.bytes.copyMemory(from: tail)
    historyCount = Batch.windowSize
    filled = 0
  }
}
