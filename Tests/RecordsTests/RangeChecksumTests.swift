import Bytes
import TestSupport
import Testing

@testable import Records

@Suite struct RangeChecksumTests {
  @Test func anyStretchHasItsOwnChecksum() {
    var random = SplitMix(seed: 8)
    let bytes = (0..<200_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    bytes.withUnsafeBytes { bytes in
      var checksums = RangeChecksums(bytes)
      for _ in 0..<300 {
        let start = random.below(bytes.count + 1)
        let range = start..<(start + random.below(bytes.count - start + 1))
        #expect(checksums.checksum(of: range) == CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[range])))
      }
      #expect(checksums.checksum(of: 0..<bytes.count) == CRC32C.of(bytes))
    }
  }
}
