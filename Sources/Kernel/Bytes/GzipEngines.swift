import CISAL
import CZlib

/// ISA-L's deflate: one pass over the bytes with a small hash table, codes fitted to each 128 Ki symbols.
final class IGZip {
  private let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
  private let memory: UnsafeMutableBufferPointer<UInt8>
  private let level: UInt32

  /// - Parameter level: 1 or 2.
  init(level: Int) {
    self.level = UInt32(level)
    memory = .allocate(capacity: level == 1 ? igzip_level1_bytes : igzip_level2_bytes)
    memory.initialize(repeating: 0)
  }

  deinit {
    stream.deallocate()
    memory.deallocate()
  }

  /// The count written to `output`, or `nil` when it is too small.
  func deflate(
    _ bytes: UnsafeRawBufferPointer, after history: UnsafeRawBufferPointer,
    into output: UnsafeMutableRawBufferPointer
  ) -> Int? {
    isal_deflate_init(stream)
    stream.pointee.level = level
    stream.pointee.level_buf = memory.baseAddress
    stream.pointee.level_buf_size = UInt32(memory.count)
    stream.pointee.flush = UInt16(SYNC_FLUSH)
    if !history.isEmpty {
      guard isal_deflate_set_dict(stream, history.unsafeBytes, UInt32(history.count)) == COMP_OK else { return nil }
    }
    stream.pointee.next_in = bytes.unsafeBytes
    stream.pointee.avail_in = UInt32(bytes.count)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(output.count)
    guard isal_deflate(stream) == COMP_OK, stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 else {
      return nil
    }
    return output.count - Int(stream.pointee.avail_out)
  }
}

/// zlib's deflate.
final class ZlibDeflate {
  // zlib keeps a pointer to the stream, so it must not move.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let isReady: Bool

  /// - Parameter level: 1 … 9.
  init(level: Int) {
    stream.initialize(to: z_stream())
    // Raw deflate with the full window and the largest hash table.
    isReady =
      deflateInit2_(
        stream, Int32(level), Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK
  }

  deinit {
    if isReady { deflateEnd(stream) }
    stream.deallocate()
  }

  /// The count written to `output`, or `nil` when it is too small (or memory was).
  func deflate(
    _ bytes: UnsafeRawBufferPointer, after history: UnsafeRawBufferPointer,
    into output: UnsafeMutableRawBufferPointer
  ) -> Int? {
    guard isReady, deflateReset(stream) == Z_OK else { return nil }
    if !history.isEmpty {
      guard deflateSetDictionary(stream, history.unsafeBytes, UInt32(history.count)) == Z_OK else { return nil }
    }
    stream.pointee.next_in = bytes.unsafeBytes
    stream.pointee.avail_in = UInt32(bytes.count)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(output.count)
    guard CZlib.deflate(stream, Z_SYNC_FLUSH) == Z_OK, stream.pointee.avail_in == 0, stream.pointee.avail_out > 0
    else { return nil }
    return output.count - Int(stream.pointee.avail_out)
  }
}

extension UnsafeRawBufferPointer {
  /// The start as C libraries take it that never write there but do not say so.
  fileprivate var unsafeBytes: UnsafeMutablePointer<UInt8>? {
    UnsafeMutableRawPointer(mutating: baseAddress)?.assumingMemoryBound(to: UInt8.self)
  }
}
