import CZlib

/// Raw deflate data (RFC 1951) turned back into a known number of bytes, as ZIP members need it.
package enum Inflate {
  /// What is wrong with the data.
  package struct Damage: Error, Equatable { package let problem: String }

  /// No deflate stream expands further than this (258 bytes from 2 bits), give or take its first block's header.
  package static let largestRatio = 1032

  /// Whether `compressedCount` bytes could become `count` at all; ask before allocating.
  package static func isPlausible(_ count: Int, from compressedCount: Int) -> Bool {
    count / largestRatio <= compressedCount
  }

  /// Inflates all of `compressed`, which must fill `output` exactly.
  package static func all(
    _ compressed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(Damage) {
    let result = try run(compressed, into: output)
    guard result.isAtEnd else { throw Damage(problem: "the compressed data holds more than the declared size") }
    guard result.written == output.count else {
      throw Damage(problem: "the compressed data holds \(result.written) bytes, not the declared \(output.count)")
    }
    guard result.read == compressed.count else {
      throw Damage(problem: "\(compressed.count - result.read) bytes follow the end of the compressed data")
    }
  }

  /// Inflates as much of the beginning as fits `output`, and returns the number of bytes written.
  package static func beginning(
    of compressed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(Damage) -> Int {
    try run(compressed, into: output).written
  }

  private struct Result {
    var read = 0
    var written = 0
    var isAtEnd = false
  }

  private static func run(
    _ compressed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws(Damage) -> Result {
    var stream = z_stream()
    // Negative window bits: no zlib header or checksum around the data.
    let status = inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw Damage(problem: "zlib cannot start (\(status))") }
    defer { inflateEnd(&stream) }
    var result = Result()
    // zlib counts in 32 bits and wants a valid pointer even for room of 0 bytes.
    let limit = 1 << 30
    var nothing: UInt8 = 0
    while true {
      let input = compressed.dropFirst(result.read).prefix(limit)
      let room = output.dropFirst(result.written).prefix(limit)
      let step = withUnsafeMutablePointer(to: &nothing) { spare in
        stream.next_in = UnsafeMutablePointer(
          mutating: UnsafeRawBufferPointer(rebasing: input).baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(input.count)
        stream.next_out =
          UnsafeMutableRawBufferPointer(rebasing: room).baseAddress?.assumingMemoryBound(to: UInt8.self) ?? spare
        stream.avail_out = UInt32(room.count)
        return inflate(&stream, Z_NO_FLUSH)
      }
      let read = input.count - Int(stream.avail_in)
      let written = room.count - Int(stream.avail_out)
      result.read += read
      result.written += written
      switch step {
      case Z_STREAM_END:
        result.isAtEnd = true
        return result
      case Z_OK where read + written > 0: continue
      case Z_OK, Z_BUF_ERROR:
        // No progress: the output is full, or the input is used up before its end.
        if result.written == output.count { return result }
        throw Damage(problem: "the compressed data ends too early")
      default: throw Damage(problem: "the compressed data is damaged")
      }
    }
  }
}
