import Bytes
import CCrypto
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// Checkpoints that TensorFlow wrote, against the digests of what it read back.
@Suite struct V1CheckpointTests {
  struct Manifest: Decodable {
    struct Tensor: Decodable {
      let dtype: String
      let shape: [Int]
      let sha256: String
    }
    let tensors: [String: Tensor]
  }

  static func sha256(_ bytes: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    #expect(EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil) == 1)
    return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test(arguments: [
    ("tf1/v1.ckpt", "tf1__v1.ckpt.v1"), ("tf1/v1_sharded.ckpt", "tf1__v1_sharded.ckpt.v1"),
    ("serving/bad_half_plus_two/export", "serving__bad_half_plus_two__export.v1"),
  ])
  func readsWhatTensorFlowWrote(prefix: String, manifest: String) throws {
    let source = try #require(try openCheckpoint(fixture(prefix)) as? V1Checkpoint)
    let data = Data(fixtureBytes("manifests/\(manifest).json"))
    let expected = try JSONDecoder().decode(Manifest.self, from: data).tensors
    #expect(source.tensors.map(\.name) == expected.keys.map { TensorName($0) }.sorted())
    for (index, info) in source.tensors.enumerated() {
      let tensor = try #require(expected[info.name.description])
      #expect(info.dtype.name == tensor.dtype)
      #expect(info.shape.dimensions == tensor.shape)
      #expect(try Self.sha256(source.checkedContents(of: index).bytes.array) == tensor.sha256, "\(info.name)")
    }
  }

  @Test func aMissingShardOfASlicedTensorIsNoticed() throws {
    let tensor = Message.Tensor(name: "w", shape: [4], dtype: .float32)
    let shards = [TensorSlice([.init(start: 0, length: 2)]), TensorSlice([.init(start: 2, length: 2)])].map {
      Message.table(tensor, [($0, Message.field(5, Message.floats([1, 2])))])
    }
    let both = try V1Checkpoint([("0", shards[0]), ("1", shards[1])], path: "x")
    #expect(try both.contents(of: 0).bytes.array == Message.floats([1, 2, 1, 2]))
    let error = try #require(throws: KernelError.self) { try V1Checkpoint([("0", shards[0])], path: "x") }
    #expect(error.problem.contains("is a shard missing?"))
    #expect(throws: KernelError.self) { try V1Checkpoint([("0", shards[0]), ("0", shards[0])], path: "x") }
  }

  /// Each shard lists its own tensors only, so a missing one took its tensors away in silence.
  @Test func aMissingFileIsNoticed() throws {
    let folder = TemporaryFolder()
    let names = (0...1).map { "v1_sharded.ckpt-0000\($0)-of-00002" }
    for name in names { folder.write(fixtureBytes("tf1/" + name), name) }
    #expect(try openCheckpoint(folder("v1_sharded.ckpt")).tensors.count > 1)
    for name in names {
      unlink(folder(name))
      let error = try #require(throws: KernelError.self) { try openCheckpoint(folder("v1_sharded.ckpt")) }
      #expect(error.problem == "1 files are there where 2 make up the checkpoint")
      folder.write(fixtureBytes("tf1/" + name), name)
    }
    folder.write(fixtureBytes("tf1/" + names[0]), "v1_sharded.ckpt-00000-of-00003")
    #expect(throws: KernelError.self) { try openCheckpoint(folder("v1_sharded.ckpt")) }
  }

  /// The product of a box's lengths may overflow before the zero is met.
  @Test(arguments: [DType.float32, .string]) func emptyTensorsOfLargeDimensions(dtype: DType) throws {
    let shape = [1 << 40, 1 << 40, 0]
    let whole = TensorSlice(shape.map { _ in .init(start: 0, length: nil) })
    let table = Message.table(.init(name: "w", shape: shape, dtype: dtype), [(whole, [])])
    let source = try V1Checkpoint([("x", table)], path: "x")
    #expect(source.tensors[0].shape.dimensions == shape)
    #expect(try source.contents(of: 0).bytes.count == (dtype == .string ? 4 : 0))
  }

  @Test func shardsOfDifferentCheckpointsAreNoticed() throws {
    let whole = TensorSlice([.init(start: 0, length: nil)])
    let a = Message.table(
      .init(name: "w", shape: [1], dtype: .float32), [(whole, Message.field(5, Message.floats([1])))])
    let b = Message.table(.init(name: "w", shape: [1], dtype: .int32), [(whole, Message.field(7, [1]))])
    let error = try #require(throws: KernelError.self) { try V1Checkpoint([("a", a), ("b", b)], path: "x") }
    #expect(error.problem.contains("in another shard"))
  }

  @Test func damageNeverTraps() throws {
    let file = fixtureBytes("tf1/v1.ckpt")
    var random = SplitMix(seed: 5)
    var errors = 0
    for _ in 0..<10_000 {
      do {
        _ = try readAll(V1Checkpoint([("x", ByteView(random.damage(file)))], path: "x"))
      } catch is KernelError { errors += 1 }
    }
    #expect(errors > 8000)
  }

  @Test func everyTruncationIsAnError() {
    let file = fixtureBytes("tf1/v1.ckpt")
    for length in 0..<file.count {
      #expect(throws: KernelError.self) {
        try V1Checkpoint([("x", ByteView(Array(file[..<length])))], path: "x")
      }
    }
  }

  /// Checksums stop random damage to a table, so the messages inside are damaged before the table is made.
  @Test func damagedMessagesNeverTrap() throws {
    let table = try TableReader(ByteView(fixtureBytes("tf1/v1.ckpt")), path: "x")
    var random = SplitMix(seed: 6)
    var errors = 0
    for _ in 0..<10_000 {
      let victim = Int.random(in: 0..<table.entries.count, using: &random)
      var writer = TableWriter()
      for (index, entry) in table.entries.enumerated() {
        let value = entry.value.array
        writer.append(key: entry.key, value: index == victim ? random.damage(value) : value)
      }
      do {
        _ = try readAll(V1Checkpoint([("x", ByteView(writer.finish()))], path: "x"))
      } catch is KernelError { errors += 1 }
    }
    #expect(errors > 3000)
  }
}

/// Protobuf by hand: forms that TensorFlow's own writer does not produce, and lies.
@Suite struct V1MessageTests {
  static let whole = TensorSlice([.init(start: 0, length: nil)])

  /// The bytes of a tensor of two elements whose values are `proto`.
  static func read(_ dtype: DType, _ proto: [UInt8], shape: [Int] = [2]) throws -> [UInt8] {
    let slice = TensorSlice(shape.map { _ in .init(start: 0, length: nil) })
    let table = Message.table(.init(name: "t", shape: shape, dtype: dtype), [(slice, proto)])
    return try V1Checkpoint([("x", table)], path: "x").contents(of: 0).bytes.array
  }

  static let minusOne: [UInt8] = [UInt8](repeating: 0xff, count: 9) + [1]

  @Test func everyTypePackedAndUnpacked() throws {
    let values: [(dtype: DType, field: Int, packed: [UInt8], bytes: [UInt8])] = [
      (.int8, 7, [5] + Self.minusOne, [5, 0xff]), (.uint8, 7, [1, 0xff, 1], [1, 0xff]),
      (.qint8, 7, [1, 2], [1, 2]),
      (.int16, 7, [0xac, 2] + Self.minusOne, [0x2c, 1, 0xff, 0xff]), (.quint16, 7, [1, 2], [1, 0, 2, 0]),
      (.int32, 7, [1] + Self.minusOne, [1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]), (.bool, 11, [0, 1], [0, 1]),
      (.int64, 10, [1] + Self.minusOne, [1, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0xff, count: 8)),
      (.half, 13, [0x80, 0x78, 1], [0, 0x3c, 1, 0]), (.bfloat16, 13, [0x80, 0x7f, 1], [0x80, 0x3f, 1, 0]),
      (.uint32, 16, [0xff, 0xff, 0xff, 0xff, 0x0f, 1], [0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0]),
      (.uint64, 17, Self.minusOne + [1], [UInt8](repeating: 0xff, count: 8) + [1, 0, 0, 0, 0, 0, 0, 0]),
    ]
    for value in values {
      #expect(try Self.read(value.dtype, Message.field(value.field, value.packed)) == value.bytes, "\(value.dtype)")
      var unpacked: [UInt8] = []
      for byte in value.packed {
        if unpacked.isEmpty || unpacked.last.map({ $0 < 0x80 }) == true {
          unpacked.append(varint: value.field << 3)
        }
        unpacked.append(byte)
      }
      #expect(try Self.read(value.dtype, unpacked) == value.bytes, "\(value.dtype)")
    }
    // An int32 of -1 in 32 bits.
    #expect(
      try Self.read(.int32, Message.field(7, [0xff, 0xff, 0xff, 0xff, 0x0f]), shape: []) == [255, 255, 255, 255])
  }

  @Test func fixedNumbersPackedAndUnpacked() throws {
    let floats = Message.floats([1.5, -2])
    #expect(try Self.read(.float32, Message.field(5, floats)) == floats)
    #expect(try Self.read(.float32, [0x2d] + floats[..<4] + [0x2d] + floats[4...]) == floats)
    // Packed and unpacked may alternate.
    #expect(try Self.read(.float32, Message.field(5, Array(floats[..<4])) + [0x2d] + floats[4...]) == floats)
    #expect(try Self.read(.complex64, Message.field(9, floats), shape: [1]) == floats)
    let double = [UInt8](0..<8)
    #expect(try Self.read(.float64, [0x31] + double, shape: []) == double)
    #expect(try Self.read(.complex128, Message.field(12, double + double), shape: [1]) == double + double)
  }

  @Test func stringsBecomeABundlesStrings() throws {
    let proto = Message.field(8, []) + Message.field(8, Array("abc".utf8))
    let bytes = try Self.read(.string, proto)
    #expect(try bytes.withUnsafeBytes { try StringTensor.decode($0, count: 2) } == [[], Array("abc".utf8)])
    // Slices of a column each.
    let columns = (0..<2).map { TensorSlice([.init(start: 0, length: nil), .init(start: $0, length: 1)]) }
    let table = Message.table(
      .init(name: "t", shape: [2, 2], dtype: .string),
      zip(columns, ["ac", "bd"]).map { slice, letters in
        (slice, letters.utf8.reduce(into: []) { $0 += Message.field(8, [$1]) })
      })
    let contents = try V1Checkpoint([("x", table)], path: "x").contents(of: 0).bytes
    let strings = try contents.withUnsafeBytes { try StringTensor.decode($0, count: 4) }
    #expect(strings == ["a", "b", "c", "d"].map { Array($0.utf8) })
  }

  @Test(
    arguments: [
      (DType.float32, Message.field(5, Message.floats([1])), [2], "bytes of values are stored"),
      (.float32, Message.field(5, Message.floats([1, 2, 3])), [2], "more values"),
      (.float32, Message.field(5, [0, 0, 0, 0, 0, 0, 0]), [2], "bytes of values are stored"),
      (.float32, Message.field(10, [1, 1] + [UInt8](repeating: 0, count: 9)), [2], "0 bytes of values"),
      (.float32, Message.field(5, Message.floats([1])), [1 << 40], "cannot hold"),
      (.float32, Message.field(5, Message.floats([1])), [(1 << 62) + 1], "cannot hold"),
      (.string, Message.field(8, []), [1 << 61], "cannot hold"),
      (.uint8, Message.field(7, [1, 0x80, 2]), [2], "outside"), (.bool, Message.field(11, [1, 2]), [2], "outside"),
      (.int32, Message.field(7, [1, 0x80, 0x80]), [2], "varint"),
      (.int32, [0x3d, 0, 0, 0, 0, 0], [2], "impossible"),
      (.string, Message.field(8, [1]) + Message.field(8, [1]) + Message.field(8, [1]), [2], "more than 2 strings"),
      (.string, Message.field(8, [1]), [2], "1 strings are stored"),
      (.float8E5M2, Message.field(18, [1, 2]), [2], "cannot hold float8_e5m2"),
      (.variant, Message.field(15, [1, 2]), [2], "cannot hold variant"),
    ] as [(DType, [UInt8], [Int], String)])
  func liesAreRefused(dtype: DType, proto: [UInt8], shape: [Int], problem: String) throws {
    let error = try #require(throws: KernelError.self) { try Self.read(dtype, proto, shape: shape) }
    #expect(error.place == .tensor("t"))
    #expect(error.problem.contains(problem), "\(error.problem)")
  }

  @Test func valuesUnderAnotherNameAreRefused() throws {
    let tensor = Message.Tensor(name: "t", shape: [1], dtype: .float32)
    let proto = Message.field(5, Message.floats([1]))
    let table = Message.table(tensor, [(Self.whole, proto)], labelled: "u")
    let error = try #require(throws: KernelError.self) {
      try V1Checkpoint([("x", table)], path: "x").contents(of: 0)
    }
    #expect(error.problem.contains("labelled u"))
  }

  @Test func slicesThatOverlapOrExceedTheShapeAreRefused() throws {
    let tensor = Message.Tensor(name: "t", shape: [4], dtype: .uint8)
    for (slices, problem) in [
      ([(0, 3), (2, 2)], "exactly once"), ([(0, 2), (1, 2)], "exactly once"), ([(0, 3)], "exactly once"),
      ([(2, 3)], "outside its shape"), ([(-1, 5)], "outside its shape"), ([(0, .max)], "outside its shape"),
      ([], "once"),
    ] as [([(Int, Int)], String)] {
      let parts = slices.map { start, length in
        (TensorSlice([.init(start: start, length: length)]), Message.field(7, [UInt8](repeating: 1, count: 4)))
      }
      let error = try #require(throws: KernelError.self) {
        try V1Checkpoint([("x", Message.table(tensor, parts))], path: "x")
      }
      #expect(error.problem.contains(problem), "\(slices)")
    }
  }
}

/// Builds V1 tables.
enum Message {
  struct Tensor {
    let name: String
    let shape: [Int]
    let dtype: DType
  }

  /// A field of bytes: a message, or packed numbers.
  static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
    var field: [UInt8] = []
    field.append(varint: number << 3 | 2)
    field.append(varint: bytes.count)
    return field + bytes
  }

  static func varint(_ number: Int, _ value: Int) -> [UInt8] {
    var field: [UInt8] = []
    field.append(varint: number << 3)
    field.append(varint: value)
    return field
  }

  static func floats(_ values: [Float]) -> [UInt8] { values.flatMap { withUnsafeBytes(of: $0) { [UInt8]($0) } } }

  /// A table with one tensor in the slices given, each with its `TensorProto`.
  static func table(
    _ tensor: Tensor, _ parts: [(slice: TensorSlice, proto: [UInt8])], labelled label: String? = nil
  ) -> ByteView {
    let name = TensorName(tensor.name)
    var meta = field(1, name.utf8)
    meta += field(2, tensor.shape.reduce(into: []) { $0 += field(2, varint(1, $1)) })
    meta += varint(3, Int(tensor.dtype.rawValue))
    for part in parts { meta += field(4, encode(part.slice)) }
    var entries: [(key: [UInt8], value: [UInt8])] = [([], field(1, field(1, meta) + field(2, varint(1, 1))))]
    for part in parts {
      let saved = field(1, Array((label ?? tensor.name).utf8)) + field(2, encode(part.slice)) + field(3, part.proto)
      entries.append((part.slice.key(of: name), field(2, saved)))
    }
    var writer = TableWriter()
    for entry in entries.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      writer.append(key: entry.key, value: entry.value)
    }
    return ByteView(writer.finish())
  }

  private static func encode(_ slice: TensorSlice) -> [UInt8] {
    slice.extents.reduce(into: []) { bytes, extent in
      bytes += field(1, varint(1, extent.start) + (extent.length.map { varint(2, $0) } ?? []))
    }
  }
}
