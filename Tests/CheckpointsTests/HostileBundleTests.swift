import Bytes
import Checkpoints
import Tensors
import TestSupport
import Testing

/// Bundles built to deceive: known accidents of other readers, and lies that checksums do not catch.
@Suite struct HostileBundleTests {
  private let folder = TemporaryFolder()

  /// An index of the given raw entries, sealed with right checksums.
  private func index(_ entries: [(String, [UInt8])], shards: Int = 1) -> [UInt8] {
    var table = TableWriter()
    table.append(key: [], value: BundleHeader(shardCount: shards).encoded)
    for (key, value) in entries { table.append(key: Array(key.utf8), value: value) }
    return table.finish()
  }

  private func error(_ bytes: [UInt8]) -> KernelError? {
    do {
      _ = try BundleIndex(ByteView(bytes), path: "x.index")
      return nil
    } catch { return error as? KernelError }
  }

  private func entry(_ dims: [UInt64], size: UInt64, offset: UInt64 = 0, dtype: UInt64 = 1, shard: UInt64 = 0)
    -> [UInt8]
  {
    var shape: [UInt8] = []
    for dim in dims {
      var inner: [UInt8] = [0x08]
      inner.append(varint: dim)
      shape += [0x12, UInt8(inner.count)] + inner
    }
    var bytes: [UInt8] = [0x08]
    bytes.append(varint: dtype)
    bytes += [0x12, UInt8(shape.count)] + shape
    for (tag, value) in [(UInt8(0x18), shard), (0x20, offset), (0x28, size)] where value != 0 {
      bytes.append(tag)
      bytes.append(varint: value)
    }
    return bytes + [0x35, 0, 0, 0, 0]
  }

  /// CVE-2018-7575: a block size near 2^64 made the sum of offset and size wrap around.
  @Test func blockSizeThatOverflows() throws {
    var file = [UInt8](repeating: 0, count: 100)
    var footer: [UInt8] = []
    footer.append(varint: UInt64(0))
    footer.append(varint: UInt64.max - 4)
    footer.append(varint: UInt64(0))
    footer.append(varint: UInt64.max - 4)
    footer += [UInt8](repeating: 0, count: 40 - footer.count)
    footer.append(fixed64: 0xdb47_7524_8b80_fb57)
    file += footer
    let found = try #require(error(file))
    #expect(found.problem == "a length of 18446744073709551611 exceeds the 95 that fit")
  }

  /// CVE-2021-41203: entries whose shapes, sizes or offsets were used unchecked.
  @Test(arguments: [
    ([1 << 40, 1 << 40] as [UInt64], 4 as UInt64, 0 as UInt64, 0 as UInt64),
    ([UInt64(bitPattern: -1)], 4, 0, 0),
    ([3], 8, 0, 0),
    ([1], 4, UInt64(Int.max), 0),
    ([1], 4, UInt64(bitPattern: -8), 0),
    ([1], 4, 0, 1),
    ([1], UInt64(bitPattern: -4), 0, 0),
  ])
  func entriesThatLie(dims: [UInt64], size: UInt64, offset: UInt64, shard: UInt64) throws {
    let found = try #require(error(index([("w", entry(dims, size: size, offset: offset, shard: shard))])))
    #expect(found.kind == .badData)
    #expect(found.place == .tensor("w"))
  }

  @Test func unknownTypesAndStringsThatCannotFit() throws {
    #expect(try #require(error(index([("w", entry([1], size: 4, dtype: 99))]))).problem == "unknown data type 99")
    let strings = try #require(error(index([("w", entry([1 << 50], size: 4, dtype: 7))])))
    #expect(strings.problem == "4 bytes cannot hold 1125899906842624 elements of string")
  }

  /// Each tensor's size is possible, their sum is not: totals saturate, and the lack of space is found in time.
  @Test func sizesWhoseSumOverflows() throws {
    let huge = entry([1 << 60], size: 1 << 62)
    folder.write(index([("a", huge), ("b", huge), ("c", huge)]), "m.index")
    let source = try Bundle(prefix: folder("m"))
    var plan = try OutputPlan(copying: source)
    #expect(plan.byteCount == .max)
    plan.reshard(2)
    #expect(plan.workingMemory(Workers(2)) > 0)
    let error = #expect(throws: KernelError.self) { try BundleWriter(plan, to: folder("out"), existing: .refuse) }
    #expect(error?.kind == .io)
    #expect(throws: KernelError.self) {
      try BundleWriter(
        try Averaging().plan(try CheckpointRun([source, source])), to: folder("mean"), existing: .refuse)
    }
  }

  @Test func shardCountsThatCannotBe() throws {
    var table = TableWriter()
    table.append(key: [], value: [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01])
    #expect(try #require(error(table.finish())).problem.contains("shards are not possible"))
  }

  @Test func keysThatExpandWithoutEnd() throws {
    // Each entry repeats a long key but for its end; 3 bytes a key on disk, 60 kB in memory.
    var block: [UInt8] = []
    let long = 60_000
    block.append(varint: 0)
    block.append(varint: long)
    block.append(varint: 0)
    block += [UInt8](repeating: 1, count: long)
    for _ in 0..<60_000 {
      block.append(varint: long)
      block += [1, 0, 2]
    }
    #expect(throws: KernelError.self) { try BundleIndex(ByteView(sealed(block)), path: "x.index") }
  }

  /// A table of one data block with these entries.
  private func sealed(_ entries: [UInt8]) -> [UInt8] {
    table([entries + [0, 0, 0, 0, 1, 0, 0, 0]]) { [0, 1, UInt8($0[0].count), 0xff] + $0[0] }
  }

  /// A table of these data blocks and this index block.
  private func table(_ blocks: [[UInt8]], index: ([[UInt8]]) -> [UInt8]) -> [UInt8] {
    var file: [UInt8] = []
    func emit(_ contents: [UInt8]) -> [UInt8] {
      var handle: [UInt8] = []
      handle.append(varint: file.count)
      handle.append(varint: contents.count)
      file += contents + [0]
      file.append(fixed32: CRC32C.mask(CRC32C.of(contents + [0])))
      return handle
    }
    let handles = blocks.map(emit)
    let meta = emit([0, 0, 0, 0, 1, 0, 0, 0])
    let footer = meta + emit(index(handles) + [0, 0, 0, 0])
    file += footer + [UInt8](repeating: 0, count: 40 - footer.count)
    file.append(fixed64: 0xdb47_7524_8b80_fb57)
    return file
  }

  /// An index block that names one long, empty block again and again made a small file take any time.
  @Test func blocksNamedAgainAndAgain() throws {
    var empty = [UInt8](repeating: 0, count: 1 << 20)
    empty.append(fixed32: 1 << 18)
    let file = table([empty]) { handles in
      (0..<100_000).flatMap { _ in [0, 0, UInt8(handles[0].count)] + handles[0] }
    }
    let found = try #require(error(file))
    #expect(found.problem == "blocks of the table overlap or are out of order")
  }

  /// The same by long keys in the index block, each three bytes in the file.
  @Test func separatorsThatExpandWithoutEnd() throws {
    let long = 50_000
    let file = table([[UInt8]](repeating: [0, 0, 0, 0], count: 50_000)) { handles in
      var block: [UInt8] = []
      for (number, handle) in handles.enumerated() {
        block.append(varint: number == 0 ? 0 : long)
        block.append(varint: number == 0 ? long : 0)
        block.append(UInt8(handle.count))
        if number == 0 { block += [UInt8](repeating: 1, count: long) }
        block += handle
      }
      return block
    }
    #expect(try #require(error(file)).problem == "keys expand to over 16 times the file")
  }

  @Test func dataFileMissingShortOrReplacedByAPointer() throws {
    let source = fixture("tf1/dtypes_ref")
    folder.write(contents(source + ".index"), "m.index")
    let bundle = try Bundle(prefix: folder("m"))
    let f32 = try #require(bundle.index(of: "f32"))
    let missing = #expect(throws: KernelError.self) { try bundle.contents(of: f32) }
    #expect(missing?.kind == .noInput)
    folder.write(
      Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 370\n".utf8), "m.data-00000-of-00001")
    let pointer = #expect(throws: KernelError.self) { try bundle.contents(of: f32) }
    #expect(pointer?.hint?.contains("git lfs pull") == true)
    var data = contents(source + ".data-00000-of-00001")
    let entry = bundle.index.tensors[f32].entry
    data[entry.offset] ^= 1
    folder.write(data, "n.data-00000-of-00001")
    folder.write(contents(source + ".index"), "n.index")
    let damaged = try Bundle(prefix: folder("n"))
    let wrong = #expect(throws: KernelError.self) { try damaged.checkedContents(of: f32) }
    #expect(wrong?.place == .tensor("f32"))
    #expect(throws: KernelError.self) {
      try BundleWriter(OutputPlan(copying: damaged), to: folder("copy"), existing: .refuse).write(Workers(2))
    }
    #expect(!folder.names.contains { $0.hasPrefix("copy") })
  }
}
