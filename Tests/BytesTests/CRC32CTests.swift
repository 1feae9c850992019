import Bytes
import Testing

/// Vectors of RFC 3720 §B.4 and of TensorFlow's masking.
@Suite struct CRC32CTests {
  static let published: [([UInt8], UInt32)] = [
    (Array("123456789".utf8), 0xe306_9283),
    ([UInt8](repeating: 0, count: 32), 0x8a91_36aa),
    ([UInt8](repeating: 0xff, count: 32), 0x62a8_ab43),
    ([UInt8](0..<32), 0x46dd_794e),
    ([], 0),
  ]

  @Test(arguments: published) func publishedVectors(bytes: [UInt8], expected: UInt32) {
    #expect(CRC32C.of(bytes) == expected)
  }

  @Test func maskedFormsOfTensorFlow() {
    #expect(CRC32C.mask(0xe306_9283) == 0xc78a_b0e5)
    #expect(CRC32C.mask(0) == 0xa282_ead8)
    #expect(CRC32C.mask(CRC32C.of([UInt8](repeating: 0, count: 8))) == 0x0798_0329)
    for crc: UInt32 in [0, 1, 0xffff_ffff, 0xe306_9283] { #expect(CRC32C.unmask(CRC32C.mask(crc)) == crc) }
  }

  @Test(arguments: [0, 1, 3, 8, 511, 4096])
  func partsCombineToTheWhole(split: Int) {
    let bytes = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 5) }
    let head = CRC32C.of(Array(bytes[..<split]))
    let tail = CRC32C.of(Array(bytes[split...]))
    #expect(CRC32C.combine(head, tail, lengthOfB: bytes.count - split) == CRC32C.of(bytes))
    #expect(CRC32C.extend(head, Array(bytes[split...])) == CRC32C.of(bytes))
  }
}
