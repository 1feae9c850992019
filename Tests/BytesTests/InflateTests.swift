import Bytes
import TestSupport
import Testing

@Suite struct InflateTests {
  /// Python: zlib.compressobj(9, zlib.DEFLATED, -15) over b"checkpoint " * 4.
  static let compressed = unhex("4bce484dce2ec8cfcc2b514826c40400")
  static let plain = Array("checkpoint checkpoint checkpoint checkpoint ".utf8)

  static func all(_ compressed: [UInt8], _ count: Int) throws -> [UInt8] {
    var output = [UInt8](repeating: 0, count: count)
    try compressed.withUnsafeBytes { input in
      try output.withUnsafeMutableBytes { try Inflate.all(input, into: $0) }
    }
    return output
  }

  @Test func inflatesToTheDeclaredSize() throws {
    #expect(try Self.all(Self.compressed, Self.plain.count) == Self.plain)
    // A final block without contents.
    #expect(try Self.all([3, 0], 0) == [])
  }

  @Test(arguments: [0, 1, 43, 45, 1 << 16]) func anotherSizeIsAnError(count: Int) {
    #expect(throws: Inflate.Damage.self) { try Self.all(Self.compressed, count) }
  }

  @Test func truncatedPaddedAndDamagedDataAreErrors() {
    for length in 0..<Self.compressed.count {
      #expect(throws: Inflate.Damage.self) { try Self.all(Array(Self.compressed[..<length]), Self.plain.count) }
    }
    #expect(throws: Inflate.Damage.self) { try Self.all(Self.compressed + [0], Self.plain.count) }
    #expect(throws: Inflate.Damage.self) { try Self.all([7, 0, 0, 0], 4) }
  }

  @Test func theBeginningNeedsNoMoreThanItsBytes() throws {
    var output = [UInt8](repeating: 0, count: 7)
    let count = try Self.compressed.withUnsafeBytes { input in
      try output.withUnsafeMutableBytes { try Inflate.beginning(of: input, into: $0) }
    }
    #expect(count == 7)
    #expect(output == Array("checkpo".utf8))
  }

  @Test func sizesThatDeflateCannotReachAreImplausible() {
    #expect(Inflate.isPlausible(0, from: 2))
    #expect(Inflate.isPlausible(1 << 20, from: 1033))
    #expect(!Inflate.isPlausible(1 << 40, from: 1 << 20))
    #expect(!Inflate.isPlausible(.max, from: 1 << 40))
  }

  @Test func crc32HasThePublishedCheckValue() {
    #expect(Array("123456789".utf8).withUnsafeBytes { CRC32.of($0) } == 0xcbf4_3926)
    #expect(
      Array("6789".utf8).withUnsafeBytes { tail in
        CRC32.extend(Array("12345".utf8).withUnsafeBytes { CRC32.of($0) }, tail)
      } == 0xcbf4_3926)
  }
}
