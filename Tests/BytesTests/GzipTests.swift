import Foundation
import TestSupport
import Testing

@testable import Bytes

/// The judge is the system's own `gzip`.
@Suite struct GzipTests {
  let folder = TemporaryFolder()

  static let levels = (0...9).compactMap { GzipLevel($0) }
  static let block = 256 << 10

  /// Bytes of several natures: weights, text, zeros, noise.
  static func sample(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      switch (bytes.count >> 16) % 4 {
      case 0: bytes += [UInt8(truncatingIfNeeded: state >> 33), UInt8(truncatingIfNeeded: (state >> 60) &+ 0x3c)]
      case 1: bytes += Array("node { name: \"tower/layer_\(state >> 60)/weights\" op: \"VariableV2\" }\n".utf8)
      case 2: bytes += [0, 0, 0, 0, 0, 0, 0, UInt8(truncatingIfNeeded: state >> 62)]
      default: bytes += (0..<8).map { UInt8(truncatingIfNeeded: state >> ($0 * 8)) }
      }
    }
    return Array(bytes.prefix(count))
  }

  func gzip(_ bytes: [UInt8], level: GzipLevel = .standard, threads: Int = 2, pieces: Int = .max) throws -> [UInt8]
  {
    let sink = MemorySink()
    let writer = GzipWriter(into: sink, level: level, workers: Workers(threads))
    var rest = bytes[...]
    while !rest.isEmpty {
      try writer.write(Array(rest.prefix(pieces)))
      rest = rest.dropFirst(pieces)
    }
    try writer.finish()
    return sink.bytes
  }

  func gunzipped(_ bytes: [UInt8]) throws -> [UInt8] {
    let path = folder.write(bytes, "sample.gz")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/gzip")
    process.arguments = ["-dc", path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return Array(data)
  }

  func readBack(_ bytes: [UInt8], pieces: Int = 1 << 16) throws -> [UInt8] {
    let reader = try GzipReader(MemorySource(bytes))
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: pieces)
    while case let count = try buffer.withUnsafeMutableBytes({ try reader.read(into: $0) }), count > 0 {
      result += buffer[..<count]
    }
    return result
  }

  @Test func checksumOfThePublishedVector() {
    #expect(Array("123456789".utf8).withUnsafeBytes { CRC32.of($0) } == 0xcbf4_3926)
  }

  @Test(arguments: levels) func gzipUnpacksEveryLevel(level: GzipLevel) throws {
    let bytes = GzipTests.sample(3 * GzipTests.block + 12345)
    #expect(try gunzipped(try gzip(bytes, level: level)) == bytes)
  }

  @Test(arguments: [0, 1, 65535, 65536, block - 1, block, block + 1, 16 * block, 16 * block + 1])
  func gzipUnpacksEveryLength(count: Int) throws {
    let bytes = GzipTests.sample(count)
    #expect(try gunzipped(try gzip(bytes)) == bytes)
  }

  @Test(arguments: [0, 1, 2, 3, 6]) func threadsAndPiecesDoNotChangeTheBytes(level: Int) throws {
    let level = try #require(GzipLevel(level))
    let bytes = GzipTests.sample(20 * GzipTests.block + 77)
    let expected = try gzip(bytes, level: level, threads: 1)
    for threads in [1, 2, 3, 5, 8] {
      #expect(try gzip(bytes, level: level, threads: threads, pieces: 99_991 * threads) == expected)
    }
  }

  @Test func headerHoldsNoClockAndNoName() throws {
    let bytes = try gzip([1, 2, 3])
    #expect(Array(bytes[..<10]) == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])
  }

  @Test func noiseGrowsByItsFramingOnly() throws {
    var generator = SystemRandomNumberGenerator()
    let noise = (0..<(1 << 17)).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
    for level in GzipTests.levels {
      #expect(try gzip(noise, level: level).count < noise.count + noise.count / 1000)
    }
  }

  @Test func textComesCloseToGzip() throws {
    let text = Array((0..<20_000).map { "layer_\($0 % 97)/weights op Variable \($0)\n" }.joined().utf8)
    let path = folder.write(text, "text")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/gzip")
    process.arguments = ["-6", "-n", path]
    try process.run()
    process.waitUntilExit()
    #expect(Double(try gzip(text).count) < 1.02 * Double(contents(path + ".gz").count))
  }

  @Test(arguments: [1, 7, 1 << 16]) func readerReadsMembersInARow(pieces: Int) throws {
    let a = GzipTests.sample(70_000)
    let b = GzipTests.sample(1000, seed: 9)
    #expect(try readBack(try gzip(a) + gzip([]) + gzip(b), pieces: pieces) == a + b)
  }

  @Test func readerRefusesEveryTruncation() throws {
    let whole = try gzip(GzipTests.sample(3000))
    for count in 0..<whole.count {
      #expect(throws: KernelError.self) { _ = try readBack(Array(whole[..<count])) }
    }
  }

  /// Only the header's unused fields and the padding to whole bytes may change unnoticed, and then change nothing.
  @Test func flippedBitsAreNoticedOrHarmless() throws {
    let bytes = GzipTests.sample(2000)
    let whole = try gzip(bytes)
    var unnoticed = 0
    for bit in 0..<(whole.count * 8) {
      var flipped = whole
      flipped[bit / 8] ^= 1 << (bit % 8)
      guard let read = try? readBack(flipped) else { continue }
      let isUnchanged = read == bytes
      #expect(isUnchanged)
      unnoticed += bit >= 80 ? 1 : 0
    }
    #expect(unnoticed <= 14)
  }

  @Test func readerRefusesWhatFollows() throws {
    let whole = try gzip([1, 2, 3])
    #expect(throws: KernelError.self) { try readBack(whole + [0]) }
    #expect(throws: KernelError.self) { try readBack(whole + Array("trailing".utf8)) }
  }
}

private final class MemorySink: ByteSink {
  var bytes: [UInt8] = []
  func write(_ bytes: UnsafeRawBufferPointer) { self.bytes += bytes }
}

private final class MemorySource: ByteSource {
  let name = "memory"
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let piece = rest.prefix(buffer.count)
    buffer.copyBytes(from: piece)
    rest = rest.dropFirst(piece.count)
    return piece.count
  }
}
