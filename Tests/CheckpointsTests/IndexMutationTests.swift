import Bytes
import Checkpoints
import TestSupport
import Testing

/// Damaged indexes: every one must give one clean error or the unchanged answer, whatever the damage.
@Suite struct IndexMutationTests {
  static let indexes = [
    "tf1/dtypes_ref", "tf1/part_sharded-5", "tf2/sharded_cb", "tf2/keras/ck-1", "boliu/single1/inference_model_20",
  ]

  /// What an index says, in a form that can be compared.
  private func answer(_ bytes: [UInt8]) throws -> [String] {
    let index = try BundleIndex(ByteView(bytes), path: "mutant.index")
    return ["\(index.header)"] + index.tensors.map { "\($0.name) \($0.entry) \($0.parts)" }
  }

  @Test(arguments: indexes) func flippedBitsNeverChangeAnAnswerSilently(name: String) throws {
    let original = contents(fixture(name + ".index"))
    let expected = try answer(original)
    var random = SplitMix(seed: UInt64(original.count))
    for _ in 0..<4000 {
      var mutant = original
      for _ in 0...random.below(3) { mutant[random.below(mutant.count)] ^= 1 << UInt8(random.below(8)) }
      do { #expect(try answer(mutant) == expected) } catch let error as KernelError {
        #expect(error.kind == .badData && !error.description.contains("\n"))
      }
    }
  }

  /// Mutants whose block checksums are right again, as an attacker would make them, reach the decoders behind.
  @Test(arguments: indexes) func resealedMutantsNeverTrap(name: String) throws {
    let original = contents(fixture(name + ".index"))
    var random = SplitMix(seed: 7)
    var refused = 0
    for _ in 0..<4000 {
      var mutant = original
      for _ in 0...random.below(4) { mutant[random.below(mutant.count - 48)] = UInt8(random.below(256)) }
      Self.reseal(&mutant)
      do { _ = try answer(mutant) } catch let error as KernelError {
        refused += 1
        #expect(error.kind == .badData)
      }
    }
    #expect(refused > 0)
  }

  @Test(arguments: indexes) func everyTruncationIsRefused(name: String) throws {
    let original = contents(fixture(name + ".index"))
    for length in stride(from: 0, to: original.count, by: original.count > 4000 ? 7 : 1) {
      #expect(throws: KernelError.self) { try answer(Array(original[..<length])) }
    }
  }

  /// Recomputes the checksum of the first data block, which in a small index begins at byte 0.
  static func reseal(_ table: inout [UInt8]) {
    // The metaindex block (8 bytes and a trailer of 5) follows the one data block.
    let empty: [UInt8] = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 0xf2, 0xa1, 0xb0]
    guard let end = table.indices.dropLast(48).first(where: { table[$0...].starts(with: empty) }), end > 5 else {
      return
    }
    let crc = CRC32C.mask(CRC32C.of(Array(table[..<(end - 4)])))
    for byte in 0..<4 { table[end - 4 + byte] = UInt8(truncatingIfNeeded: crc >> UInt32(8 * byte)) }
  }
}

extension SplitMix {
  fileprivate mutating func below(_ bound: Int) -> Int { .random(in: 0..<bound, using: &self) }
}
