import Bytes
import CSnappy

/// Snappy's raw block format, which some writers of checkpoint indexes use.
enum Snappy {
  /// The decompressed contents of `compressed`, which lies at `offset` of `path`.
  ///
  /// The stream is validated as a whole before anything is allocated, so a lying length costs nothing.
  static func decompress(_ compressed: ByteView, path: String, at offset: Int) throws -> ByteView {
    let corrupt = KernelError(.badData, path, at: .byte(offset), "the Snappy-compressed block is corrupt")
    return try compressed.withUnsafeBytes { input in
      let start = input.baseAddress?.assumingMemoryBound(to: CChar.self)
      var length = 0
      guard snappy_validate_compressed_buffer(start, input.count) == SNAPPY_OK,
        snappy_uncompressed_length(start, input.count, &length) == SNAPPY_OK
      else { throw corrupt }
      return try ByteView(byteCount: length) { output in
        var written = length
        let target = output.baseAddress?.assumingMemoryBound(to: CChar.self)
        guard snappy_uncompress(start, input.count, target, &written) == SNAPPY_OK, written == length
        else { throw corrupt }
      }
    }
  }
}
