import Bytes
import Foundation
import TestSupport
import Testing

@testable import Records

@Suite struct FakeScanTests {
  private let folder = TemporaryFolder()

  private final class Collected: ByteSink {
    var text = ""
    func write(_ bytes: UnsafeRawBufferPointer) { text += String(decoding: bytes, as: UTF8.self) }
    /// The lines after the header, cut at the commas.
    var rows: [[String]] {
      text.split(separator: "\n").dropFirst()
        .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }
  }

  private func write(_ payloads: [[UInt8]], _ name: String = "a.tfrecord") throws -> String {
    let writer = try RecordWriter(folder(name), existing: .replace)
    for payload in payloads { try payload.withUnsafeBytes { try writer.write(payload: $0) } }
    try writer.prepare()
    try writer.commit()
    return folder(name)
  }

  @Test(arguments: [1, 3]) func deviationsAreThoseOfNumpy(threads: Int) throws {
    let files = ["test00", "test02"].map { fixture("fakes/records/\($0).tfrecord") }
    let expected = try #require(
      JSONSerialization.jsonObject(with: Data(fixtureBytes("fakes/mean_rgb_std.json"))) as? [String: Double])
    let found = Collected()
    let summary = try FakeScan(files, Workers(threads)).write(to: found)
    #expect(found.text.hasPrefix("vids,std\nv-A00_,1.138"))
    #expect(found.rows.count == 16)
    for row in found.rows {
      let (number, right) = (try #require(Double(row[1])), try #require(expected[row[0]]))
      #expect(abs(number - right) < 1e-12, "\(row[0])")
    }
    #expect(summary == .init(videoCount: 16, fakeCount: 3))
  }

  @Test func videoLevelRecordsGiveTheDeviationOfTheirMean() throws {
    // Population standard deviation of 1, 2, 3, 4: the square root of 1.25.
    let path = try write([
      TestVideos.videoLevel("a,b", mean: [1, 2, 3, 4]), TestVideos.frameLevel("c", frames: []),
    ])
    let found = Collected()
    let summary = try FakeScan([path], Workers(1)).write(to: found)
    #expect(found.text == "vids,std\n\"a,b\",\(1.25.squareRoot())\nc,\n")
    #expect(summary == .init(videoCount: 2, framelessCount: 1))
  }

  @Test(arguments: [
    (TestVideos.frameLevel("a", frames: [[1, 2], [1]]), "record 0: frame 1 of rgb has 1 bytes, the first 2"),
    (TestVideos.frameLevel("a", frames: [[]]), "record 0: frame 0 of rgb has 0 bytes, the first 0"),
    (TestVideos.videoLevel("a", mean: []), "record 0: feature mean_rgb has no floats"),
    (
      TestVideos.videoLevel("a\"", mean: [1]),
      "record 0: a quotation mark or line break cannot stand in a field of a CSV file"
    ),
    ([], "record 0: there is no feature id"),
  ])
  func recordsThatAreNoVideosAreRefused(payload: [UInt8], problem: String) throws {
    let path = try write([payload])
    #expect {
      try FakeScan([path], Workers(1)).write(to: Collected())
    } throws: {
      ($0 as? KernelError)?.problem == problem
    }
  }

  @Test func duplicatesAreFlagged() throws {
    var random = SplitMix(seed: 11)
    func frames(_ seed: UInt64) -> [[UInt8]] {
      var random = SplitMix(seed: seed)
      return (0..<4).map { _ in (0..<64).map { _ in UInt8.random(in: 0...255, using: &random) } }
    }
    var noisy = frames(1)
    for _ in 0..<20 { noisy[.random(in: 0..<4, using: &random)][.random(in: 0..<64, using: &random)] ^= 4 }
    let path = try write([
      TestVideos.frameLevel("a", frames: frames(1)), TestVideos.frameLevel("b", frames: frames(2)),
      TestVideos.frameLevel("none", frames: []), TestVideos.frameLevel("c", frames: noisy),
      TestVideos.frameLevel("void", frames: []), TestVideos.frameLevel("d", frames: frames(2)),
    ])
    let found = Collected()
    let summary = try FakeScan([path], Workers(2)).writeWithDuplicates(to: found, similarity: 0.99)
    #expect(
      found.rows.map { Array($0[2...3]) } == [
        ["", ""], ["", ""], ["", ""], ["near", "a"], ["", ""], ["exact", "b"],
      ])
    #expect(Double(found.rows[3][4]) ?? 0 > 0.99)
    #expect(summary.exactCount == 1 && summary.nearCount == 1 && summary.framelessCount == 2)
    #expect(found.text.hasPrefix("vids,std,duplicate,of,cosine\n"))
  }

  @Test func meansOfDifferentSizesCannotBeCompared() throws {
    let path = try write([TestVideos.videoLevel("a", mean: [1, 2]), TestVideos.videoLevel("b", mean: [1, 2, 3])])
    #expect(throws: KernelError.self) {
      try FakeScan([path], Workers(1)).writeWithDuplicates(to: Collected(), similarity: 0.99)
    }
  }
}

@Suite struct NearDuplicatesTests {
  /// A vector of normally distributed numbers, by the Box-Muller transform.
  private static func vector(_ count: Int, _ random: inout SplitMix) -> [Double] {
    (0..<count).map { _ in
      let (u, v) = (Double.random(in: 0x1p-53..<1, using: &random), Double.random(in: 0..<1, using: &random))
      return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
    }
  }

  private static func cosine(_ a: [Double], _ b: [Double]) -> Double {
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
  }

  @Test(arguments: [(0.995, 0.99, 0.995), (0.96, 0.95, 0.9)])
  func whatComparingAllPairsFindsIsFound(cosine: Double, similarity: Double, share: Double) throws {
    var random = SplitMix(seed: 13)
    let tangent = (1 / (cosine * cosine) - 1).squareRoot()
    // Eighty pairs at about the angle wanted among unrelated vectors.
    var all = (0..<280).map { _ in Self.vector(96, &random) }
    for index in 200..<280 {
      let noise = Self.vector(96, &random)
      all[index] = zip(all[index - 200], noise).map { $0 + tangent * $1 }
    }
    var vectors = QuantizedVectors(dimension: 96)
    for vector in all { try vectors.append(vector) }
    let found = try NearDuplicates(
      vectors, among: Array(0..<vectors.count), similarity: Float(similarity), Workers(2)
    ).matches
    var pairCount = 0
    var foundCount = 0
    for later in all.indices {
      if let match = found[later] {
        let exact = Self.cosine(all[match.earlier], all[later])
        #expect(abs(exact - Double(match.cosine)) < 2e-3)
      }
      guard all[..<later].contains(where: { Self.cosine($0, all[later]) > similarity + 2e-3 }) else { continue }
      pairCount += 1
      foundCount += found[later] == nil ? 0 : 1
    }
    #expect(pairCount > 40)
    #expect(Double(foundCount) >= share * Double(pairCount), "\(foundCount) of \(pairCount)")
    let single = try NearDuplicates(
      vectors, among: Array(0..<vectors.count), similarity: Float(similarity), Workers(1)
    ).matches
    #expect(single.map { $0?.earlier } == found.map { $0?.earlier })
  }

  @Test func vectorsWithoutDirectionMatchNothing() throws {
    var vectors = QuantizedVectors(dimension: 3)
    for vector in [[0.0, 0, 0], [0, 0, 0], [.nan, 1, 2], [1, 2, 3], [2, 4, 6]] { try vectors.append(vector) }
    let matches = try NearDuplicates(vectors, among: Array(0..<vectors.count), similarity: 0.99, Workers(1)).matches
    #expect(matches.map { $0?.earlier } == [nil, nil, nil, nil, 3])
  }
}
