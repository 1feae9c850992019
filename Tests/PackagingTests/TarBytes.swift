/// Tar archives put together byte by byte (POSIX.1-1988 ustar), also ones that no tar program would write.
struct TarBytes {
  private(set) var bytes: [UInt8] = []

  /// Appends a member; `type` is the header's type flag.
  func adding(
    _ name: String, _ contents: [UInt8] = [], type: Character = "0", link: String = "", declared: Int? = nil
  ) -> TarBytes {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
    }
    put(String(name.prefix(100)), at: 0)
    put("0000644", at: 100)
    put("0000000", at: 108)
    put("0000000", at: 116)
    put(TarBytes.octal(declared ?? contents.count, digits: 11), at: 124)
    put("00000000000", at: 136)
    put("        ", at: 148)
    put(String(type), at: 156)
    put(link, at: 157)
    put("ustar\u{0}00", at: 257)
    put(TarBytes.octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + "\u{0} ", at: 148)
    var result = self
    result.bytes += header + contents
    result.bytes += [UInt8](repeating: 0, count: (512 - contents.count % 512) % 512)
    return result
  }

  /// The archive with its end mark.
  var ended: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

  private static func octal(_ number: Int, digits: Int) -> String {
    let text = String(number, radix: 8)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
