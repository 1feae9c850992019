import Bytes
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// Sound checkpoints pass; each kind of damage is found, named and explained.
@Suite struct VerifierTests {
  @Test(arguments: DigestTests.checkpoints.map(\.path)) func whatTensorFlowWroteIsSound(_ path: String) throws {
    let verifications = try Verifier().verify(fixture(path))
    #expect(verifications.count == 1)
    #expect(verifications.first?.findings == [])
  }

  @Test func aFlippedBitNamesItsTensor() throws {
    let found = try findings("boliu/average/model.ckpt-10") { $0[0] ^= 0x10 }
    #expect(found.count == 1)
    #expect(found.first?.place == .tensor("beta1_power"))
    #expect(found.first?.hint == "the file was damaged after it was written; copy it again")
  }

  /// Every byte belongs to exactly one tensor, so wherever the damage is one finding must name it.
  @Test func everyBytesDamageIsFound() throws {
    let name = "tf2/dtypes"
    let count = fixtureBytes(name + ".data-00000-of-00001").count
    for place in 0..<count {
      let found = try findings(name) { $0[place] ^= 1 }
      #expect(found.count == 1, "byte \(place)")
    }
  }

  @Test func aCutFileIsAnIncompleteCopy() throws {
    let found = try findings("boliu/average/model.ckpt-10") { $0.removeLast(1000) }
    #expect(found.first?.problem == "has 69740 of the 70740 bytes that the index needs")
    #expect(found.count > 1)
    #expect(found.dropFirst().allSatisfy { $0.problem.hasPrefix("needs bytes ") })
    #expect(found.last?.hint == "the copy is incomplete; copy the file again")
  }

  @Test func zerosAtTheEndAreAnInterruptedDownload() throws {
    let found = try findings("boliu/average/model.ckpt-10") {
      $0.replaceSubrange(50_000..., with: [UInt8](repeating: 0, count: $0.count - 50_000))
    }
    #expect(!found.isEmpty)
    #expect(found.last?.hint?.hasPrefix("all is zero from byte ") == true)
  }

  @Test func dataOfAnotherCheckpointIsAMixUp() throws {
    let other = fixtureBytes("boliu/average/model.ckpt-20.data-00000-of-00001")
    let found = try findings("boliu/average/model.ckpt-10") { $0 = other }
    #expect(found.count > 35)
    #expect(found.last?.hint?.hasPrefix("sizes fit but most tensors do not") == true)
  }

  @Test func aPointerOfGitIsRecognized() throws {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 70740\n"
    let found = try findings("boliu/average/model.ckpt-10") { $0 = Array(pointer.utf8) }
    #expect(found.last?.hint?.contains("git lfs pull") == true)
    let folder = TemporaryFolder()
    folder.write(Array(pointer.utf8), "copy.index")
    let index = try Verifier().verify(folder("copy")).flatMap(\.findings)
    #expect(index.count == 1)
    #expect(index.first?.hint?.contains("git lfs pull") == true)
  }

  @Test func bytesAfterTheLastTensorAreFound() throws {
    let found = try findings("boliu/average/model.ckpt-10") { $0 += [1, 2, 3] }
    #expect(found.map(\.problem) == ["bytes 70740 to 70743 follow the last tensor"])
  }

  @Test func aMissingShardNamesItsTensors() throws {
    let folder = TemporaryFolder()
    folder.write(fixtureBytes("tf1/part_sharded-5.index"), "copy.index")
    for shard in [0, 2] {
      folder.write(fixtureBytes("tf1/part_sharded-5.data-0000\(shard)-of-00003"), "copy.data-0000\(shard)-of-00003")
    }
    let found = try Verifier().verify(folder("copy")).flatMap(\.findings)
    #expect(found.allSatisfy { $0.source == folder("copy.data-00001-of-00003") })
    #expect(found.first?.kind == .noInput)
    #expect(found.count > 1)
    #expect(found.last?.hint?.hasPrefix("copy the file too") == true)
  }

  @Test func aDamagedSliceIsNumbered() throws {
    let folder = TemporaryFolder()
    folder.write(fixtureBytes("tf1/part_single-5.index"), "copy.index")
    var data = fixtureBytes("tf1/part_single-5.data-00000-of-00001")
    let source = try Bundle(prefix: fixture("tf1/part_single-5"))
    let tensor = source.index.tensors[try source.requiredIndex(of: "emb/w")]
    data[tensor.parts[2].offset] ^= 1
    folder.write(data, "copy.data-00000-of-00001")
    let found = try Verifier().verify(folder("copy")).flatMap(\.findings)
    #expect(found.count == 1)
    #expect(found.first?.place == .tensor("emb/w"))
    #expect(found.first?.problem.hasPrefix("slice 2: checksum ") == true)
  }

  @Test func overlapsAndHolesAreFound() throws {
    let data = [UInt8](repeating: 7, count: 5008)
    let crc = CRC32C.mask(CRC32C.of(Array(data[..<4])))
    func entry(_ offset: Int) -> BundleEntry {
      BundleEntry(dtype: .float32, shape: .scalar, offset: offset, size: 4, maskedCRC: crc)
    }
    func problems(_ offsets: [Int], _ data: [UInt8]) throws -> [String] {
      let folder = TemporaryFolder()
      let entries = zip(["a", "b", "c"], offsets).map { (key: Array($0.utf8), entry: entry($1)) }
      folder.write(BundleIndex.encode(BundleHeader(shardCount: 1), entries), "x.index")
      folder.write(data, "x.data-00000-of-00001")
      return try Verifier().verify(folder("x")).flatMap(\.findings).map(\.problem)
    }
    #expect(try problems([0, 4, 8], Array(data[..<12])) == [])
    #expect(try problems([0, 2, 6], Array(data[..<10])) == ["its bytes 2 to 6 are also those of tensor a"])
    // Equal tensors may share their bytes.
    #expect(try problems([0, 0, 4], Array(data[..<8])) == [])
    #expect(try problems([0, 8, 12], Array(data[..<16])) == ["bytes 4 to 8 belong to no tensor"])
    // Zeros before an aligned tensor are TensorFlow's own.
    var padded = Array(data[..<16])
    padded.replaceSubrange(4..<8, with: [0, 0, 0, 0])
    #expect(try problems([0, 8, 12], padded) == [])
  }

  @Test func oneUnusableEntryDoesNotHideTheOthers() throws {
    let folder = TemporaryFolder()
    let good = BundleEntry(
      dtype: .uint8, shape: .scalar, size: 1, maskedCRC: CRC32C.mask(CRC32C.of([5] as [UInt8])))
    var bad = good
    bad.shard = 9
    let entries = [(key: Array("bad".utf8), entry: bad), (key: Array("good".utf8), entry: good)]
    folder.write(BundleIndex.encode(BundleHeader(shardCount: 1), entries), "x.index")
    folder.write([6], "x.data-00000-of-00001")
    let found = try Verifier().verify(folder("x")).flatMap(\.findings)
    #expect(found.map(\.place) == [.tensor("bad"), .tensor("good")])
  }

  /// Entries that an attacker made, under checksums that are right, before data that does not care.
  @Test(arguments: ["tf1/dtypes_ref", "tf2/keras/ck-1", "boliu/single1/inference_model_20"])
  func hostileIndexesNeverTrap(_ name: String) throws {
    let folder = try copyOfBundle(name)
    let original = fixtureBytes(name + ".index")
    var random = SplitMix(seed: 11)
    var damaged = 0
    for _ in 0..<300 {
      var mutant = original
      for _ in 0...Int.random(in: 0..<4, using: &random) {
        mutant[Int.random(in: 0..<(mutant.count - 48), using: &random)] = .random(in: 0...255, using: &random)
      }
      IndexMutationTests.reseal(&mutant)
      folder.write(mutant, "copy.index")
      let verification = try #require(try Verifier().verify(folder("copy")).first)
      if !verification.isSound { damaged += 1 }
      // What the verifier passes, the readers can read.
      guard verification.isSound else { continue }
      let source = try Bundle(prefix: folder("copy"))
      _ = try source.statistics(of: Array(source.tensors.indices))
    }
    #expect(damaged > 150)
  }

  @Test func aFolderMeansItsStateAndAllItsCheckpoints() throws {
    let verifications = try Verifier().verify(fixture("tf2/mgr"))
    #expect(verifications.map(\.subject).first == .state(checkpointCount: 2))
    #expect(verifications.count == 3)
    #expect(verifications.filter { !$0.isSound }.isEmpty)
    let incomplete = try Verifier().verify(fixture("tfx/checkpoint"))
    #expect(incomplete.first?.findings.map(\.problem) == ["names model.ckpt-0, which does not exist"])
    #expect(incomplete.dropFirst().map(\.isSound) == [true, true])
  }

  @Test func threadsMakeNoDifference() throws {
    let folder = try copyOfBundle("boliu/average/model.ckpt-10") {
      for place in stride(from: 0, to: $0.count, by: 97) { $0[place] ^= 4 }
    }
    let one = try Verifier(Workers(1)).verify(folder("copy"))
    #expect(one.flatMap(\.findings).count > 30)
    #expect(try Verifier(Workers(6)).verify(folder("copy")) == one)
  }

  @Test func nothingToCheckIsAnError() throws {
    #expect(throws: KernelError.self) { try Verifier().verify("/nowhere/model.ckpt") }
  }

  private func findings(_ bundle: String, _ damage: (inout [UInt8]) -> Void) throws -> [KernelError] {
    let folder = try copyOfBundle(bundle, damage)
    return try withExtendedLifetime(folder) { try Verifier().verify(folder("copy")).flatMap(\.findings) }
  }
}
