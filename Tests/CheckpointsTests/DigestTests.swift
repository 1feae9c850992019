import Bytes
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// Digests against what TensorFlow's reader and Python's hashlib say of the same checkpoints.
@Suite struct DigestTests {
  /// Every checkpoint that `Tests/Fixtures/manifests` describes, bundles and V1: its path and its manifest's.
  static let checkpoints: [(path: String, manifest: String)] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: fixture("manifests"))) ?? []
    return names.sorted().compactMap { name in
      guard let suffix = [".ckpt.json", ".v1.json"].first(where: { name.hasSuffix($0) }) else { return nil }
      let path = name.dropLast(suffix.count).replacingOccurrences(of: "__", with: "/")
      return (path, fixture("manifests/" + name))
    }
  }()

  @Test(arguments: checkpoints) func valuesAreWhatTensorFlowReads(_ path: String, _ manifest: String) throws {
    let json = try JSONSerialization.jsonObject(with: Data(contents(manifest))) as? [String: Any]
    let tensors = try #require(json?["tensors"] as? [String: [String: Any]])
    let source = try openCheckpoint(fixture(path))
    let digests = try source.digests(of: Array(source.tensors.indices))
    #expect(digests.count == tensors.count)
    for digest in digests {
      let tensor = try #require(tensors[digest.info.name.description])
      #expect(digest.info.dtype.name == tensor["dtype"] as? String)
      // Variants are what TensorFlow's reader cannot show.
      guard let expected = (tensor["sha256"] ?? tensor["sha256_strings"]) as? String else { continue }
      #expect(TensorDigest.text(digest.values) == expected, "\(digest.info.name)")
    }
  }

  @Test func checkpointsAreFound() { #expect(DigestTests.checkpoints.count > 35) }

  /// Computed with hashlib over the tensors that TensorFlow 2.21 read, by the definition in docs/formats.md.
  @Test(arguments: [
    ("tf2/dtypes", "d27029d17ed7fa0360d45c419b7b89c45fed6045740bf4a3bbc825ae6431d78b"),
    ("tf1/dtypes_ref", "e3ed57270279db14734760b76aae3209cf04d9e43bc4079864c5569c1ba246a5"),
    ("tf2/keras/ck-1", "1ea89b02ce8d9e50e54231fba4097839b420cd18bf62248a5ae3fee89dae563e"),
    ("tf1/part_sharded-5", "90c7bbfcfb094e321521ba357652ed5d6c8c64d1fc71b1d1821771681f33940c"),
    ("tf2/sharded_cb", "092e219352df4d631f897194ec966cd7cc4be434c467769f2f5ec30518934c86"),
  ])
  func totalIsWhatPythonComputes(_ bundle: String, _ expected: String) throws {
    #expect(try total(Bundle(prefix: fixture(bundle))) == expected)
  }

  @Test func containerAndShardsMakeNoDifference() throws {
    let folder = TemporaryFolder()
    let source = try Bundle(prefix: fixture("tf1/part_sharded-5"))
    let numbers = try OutputPlan(
      source.tensors.indices.filter { source.tensors[$0].dtype != .string }
        .map { PlannedTensor(copying: TensorRef(source, $0)) })
    let paths = ["copy", "copy.safetensors", "copy.npz"].map { folder($0) }
    for path in paths { try CheckpointWriter(numbers, to: path, existing: .refuse).write(Workers()) { _ in } }
    let totals = try paths.map { try total(openCheckpoint($0)) }
    #expect(Set(totals).count == 1)
    #expect(try total(source) != totals[0])
  }

  @Test func damageIsNotHashed() throws {
    let folder = try copyOfBundle("boliu/average/model.ckpt-10") { $0[300] ^= 1 }
    let source = try Bundle(prefix: folder("copy"))
    let error = withExtendedLifetime(folder) {
      #expect(throws: KernelError.self) { try source.digests(of: Array(source.tensors.indices)) }
    }
    #expect(error?.kind == .badData)
  }

  private func total(_ source: any TensorSource) throws -> String {
    TensorDigest.text(try TensorDigest.total(source.digests(of: Array(source.tensors.indices))))
  }
}

/// A folder with a copy of a fixture of one data file called `copy`, its data changed by `damage`.
func copyOfBundle(_ name: String, _ damage: (inout [UInt8]) -> Void = { _ in }) throws -> TemporaryFolder {
  let folder = TemporaryFolder()
  folder.write(fixtureBytes(name + ".index"), "copy.index")
  var data = fixtureBytes(name + ".data-00000-of-00001")
  damage(&data)
  folder.write(data, "copy.data-00000-of-00001")
  return folder
}
