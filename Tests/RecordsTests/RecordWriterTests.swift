import Bytes
import Records
import TestSupport
import Testing

@Suite struct RecordWriterTests {
  static let files = [
    ("tf1/rec_plain.tfrecord", "tf1__rec_plain.tfrecord"), ("tf1/rec_gzip.tfrecord", "tf1__rec_gzip.tfrecord"),
    ("tf1/rec_zlib.tfrecord", "tf1__rec_zlib.tfrecord"), ("tf2/rec_GZIP.tfrecord", "tf2__rec_GZIP.tfrecord"),
    ("tf2/rec_ZLIB.tfrecord", "tf2__rec_ZLIB.tfrecord"),
  ]

  @Test(arguments: files) func everyCompressionKeepsTheRecords(_ file: String, _ manifest: String) throws {
    let folder = TemporaryFolder()
    let expected = try digestsFoundByTensorFlow(manifest)
    #expect(!expected.isEmpty)
    for (name, compression) in [("a", RecordCompression.none), ("a.gz", .gzip), ("a.zlib", .zlib), ("b.zz", .zlib)]
    {
      let writer = try RecordWriter(folder(name), existing: .refuse)
      try RecordCopying([fixture("records/" + file)], Workers(2)).run(into: writer)
      try writer.commit()
      #expect(try RecordReader(folder(name)).compression == compression)
      #expect(try payloads(of: folder(name)).map(sha256) == expected, "\(name)")
    }
  }

  @Test func plainFilesAreByteForByteTensorFlows() throws {
    let original = fixtureBytes("records/tf1/rec_plain.tfrecord")
    #expect(try recordBytes(payloads(of: fixture("records/tf1/rec_gzip.tfrecord"))) == original)
  }

  @Test func zlibBeginsAndEndsAsRFC1950Says() throws {
    let sink = CollectingSink()
    let writer = RecordWriter(to: sink, compression: .zlib)
    try writer.commit()
    // No bytes: window and level, an empty last block, Adler-32 of nothing.
    #expect(sink.bytes == [0x78, 0x9c, 0x03, 0x00, 0, 0, 0, 1])
  }

  @Test(arguments: [RecordCompression.gzip, .zlib]) func threadsDoNotChangeTheBytes(
    _ compression: RecordCompression
  )
    throws
  {
    let records = randomPayloads(3000, longest: 900, seed: 1)
    let written = try [(1, true), (1, false), (3, false)].map { threads, isOneOfMany in
      let sink = CollectingSink()
      let writer = RecordWriter(
        to: sink, compression: compression, workers: Workers(threads), isOneOfMany: isOneOfMany)
      for payload in records { try payload.withUnsafeBytes { try writer.write(payload: $0) } }
      try writer.commit()
      return sink.bytes
    }
    #expect(written[0] == written[1])
    #expect(written[0] == written[2])
    let folder = TemporaryFolder()
    #expect(try payloads(of: folder.write(written[0], "x")) == records)
  }

  @Test func nothingAppearsBeforeTheCommit() throws {
    let folder = TemporaryFolder()
    let names = ShardNames(folder("x"), count: 2)
    let writer = try ShardedWriter(names.paths, ShardedWriter.Options())
    try recordBytes([[1, 2, 3]]).withUnsafeBytes {
      try writer.write(frames: $0, count: 1, to: 0, isOneOfMany: false)
    }
    try writer.finish(0)
    #expect(folder.names.isEmpty)
    try writer.commit()
    #expect(folder.names == ["x-00000-of-00002.tfrecord", "x-00001-of-00002.tfrecord"])
  }

  @Test func shardNamesKeepWhatThePrefixEndsIn() {
    #expect(ShardNames("a/b", count: 10).path(3) == "a/b-00003-of-00010.tfrecord")
    #expect(ShardNames("a/b.tfrecord", count: 1).paths == ["a/b-00000-of-00001.tfrecord"])
    #expect(ShardNames("b.tfrecord.gz", count: 1).paths == ["b-00000-of-00001.tfrecord.gz"])
    #expect(ShardNames("b.zlib", count: 1).paths == ["b-00000-of-00001.tfrecord.zlib"])
    #expect(ShardNames("b", count: 1, compression: .gzip).paths == ["b-00000-of-00001.tfrecord.gz"])
    #expect(ShardNames("b", count: 123_456).path(100_000) == "b-100000-of-123456.tfrecord")
  }
}
