import Bytes
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// Checkpoints that TensorFlow wrote: values as its reader found them, and files that come out again as they went in.
///
/// With `FIXTURES_ALL=FOLDER`, the same for every checkpoint below FOLDER, of any size.
@Suite struct FixtureTests {
  static let fixtures: String = {
    let tests = ((#filePath as NSString).deletingLastPathComponent as NSString).deletingLastPathComponent
    return tests + "/Fixtures"
  }()

  static let everything = ProcessInfo.processInfo.environment["FIXTURES_ALL"]

  /// The folders that hold a `manifests` folder.
  static let manifests: [Manifest] = {
    guard let everything else { return Manifest.all(in: fixtures) }
    let below = names(below: everything).filter { $0.hasSuffix("/manifests") }
    return Manifest.all(in: fixtures)
      + below.flatMap { Manifest.all(in: everything + "/" + $0.dropLast("/manifests".count)) }
  }()

  /// The prefixes of all V2 checkpoints.
  static let bundles: [String] = [fixtures, everything].compactMap { $0 }.flatMap { root in
    names(below: root).filter { $0.hasSuffix(".index") }.map { root + "/" + $0.dropLast(".index".count) }
  }

  private static func names(below folder: String) -> [String] {
    (FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []).sorted()
  }

  @Test(arguments: manifests) func holdsWhatTensorFlowReads(_ manifest: Manifest) throws {
    try manifest.check(try openCheckpoint(manifest.path))
  }

  @Test(arguments: bundles) func indexComesOutAsItWentIn(_ prefix: String) throws {
    let index = try BundleIndex(try MappedFile(prefix + ".index").view, path: prefix + ".index")
    // TensorFlow itself writes no compressed blocks any more; those of older versions are only read.
    if index.isCompressed { return }
    #expect(BundleIndex.encode(index.header, index.keyedEntries) == contents(prefix + ".index"))
  }

  @Test(arguments: bundles) func copyHasTheSameBytes(_ prefix: String) throws {
    let source = try Bundle(prefix: prefix)
    let shards = source.index.header.shardCount
    // One real index has lost its data.
    guard FileStatus.exists(source.dataPath(shard: 0)) else { return }
    let folder = TemporaryFolder()
    let copy = folder("copy")
    try CheckpointWriter(OutputPlan(copying: source), to: copy, existing: .refuse).write(Workers(2))
    for shard in 0..<shards {
      let written = contents(Bundle.dataPath(copy, shard: shard, of: shards))
      #expect(written == contents(source.dataPath(shard: shard)), "shard \(shard)")
    }
    if !source.index.isCompressed { #expect(contents(copy + ".index") == contents(prefix + ".index")) }
  }

  @Test func everyEntryOfAnIndexOfTwoBlocksIsThere() throws {
    let source = try openCheckpoint(FixtureTests.fixtures + "/tf1/manyblocks")
    #expect(source.tensors.count == 6000)
    for number in 0..<6000 {
      let digits = String(number)
      let name = "layer_" + String(repeating: "0", count: 5 - digits.count) + digits
      let index = try #require(
        source.index(of: TensorName("\(name)/some/very/long/scope/name/kernel_\(number)")))
      let value = try source.checkedContents(of: index).bytes.withUnsafeBytes { $0.loadUnaligned(as: Float.self) }
      #expect(value == Float(number))
    }
  }

  @Test func fixturesAreFound() {
    #expect(FixtureTests.manifests.count >= 36)
    #expect(FixtureTests.bundles.count >= 30)
  }
}
