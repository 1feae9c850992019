import Bytes
import Records
import TestSupport
import Testing

/// Damaged messages: every walk ends in an answer or a fault, and whatever can be shown can be read again.
@Suite struct MutationTests {
  static let files = [
    "tf1/examples.tfrecord", "tm/seg_labels0.tfrecord", "tm/test00.tfrecord", "tm/videolevel00.tfrecord",
    "nucleus/test.sam.golden.tfrecord", "tfx/penguin.gz",
  ]

  @Test(arguments: files) func damagedMessagesNeverTrap(file: String) throws {
    let originals = try payloads(of: fixture("records/" + file)).prefix(3)
    var random = SplitMix(seed: UInt64(file.utf8.count))
    let schemas = [VideoSchema.Level.video, .frame].map {
      VideoSchema(level: $0, inputs: [.init($0 == .video ? "mean_rgb" : "rgb", size: 24)], maxFrames: 8)
    }
    var row = [Float](repeating: 0, count: 8 * 24)
    var shown = 0
    for turn in 0..<2500 {
      let mutant = random.damage(random.damage(originals[turn % originals.count]))
      try mutant.withUnsafeBytes { bytes in
        var summary = RecordSummary()
        summary.add(bytes)
        #expect(summary.recordCount == 1)
        var text: [UInt8] = []
        let isShown = RecordJSON.append(bytes, to: &text)
        #expect(isShown == (RecordForm(of: bytes) != .other))
        var reader = RecordJSONReader()
        let back = try text.withUnsafeBytes { try reader.payload(of: $0) }
        if isShown {
          // What comes back is canonical, so that the next trip changes nothing.
          shown += 1
          var again: [UInt8] = []
          #expect(back.withUnsafeBytes { RecordJSON.append($0, to: &again) })
          #expect(again == text)
        } else {
          #expect(back == mutant)
        }
        for schema in schemas {
          row.withUnsafeMutableBufferPointer { row in
            let size = schema.level == .video ? 24 : row.count
            _ = try? Video(bytes).read(schema, into: UnsafeMutableBufferPointer(rebasing: row[..<size]))
          }
        }
        _ = try? VideoColumns.appendSegments(of: RecordMessage(bytes), to: &text)
      }
    }
    #expect(shown > 0 || file.hasPrefix("nucleus"))
  }

  @Test func damagedLinesGiveAFaultOrARecord() throws {
    let line = Array(
      """
      {"context": {"id": {"bytes": ["ab", {"base64": "AP8="}]}, "n": {"int64": [1, -20]}, "x": {}}, "feature_lists": \
      {"f": [{"float": [0.5, 1e-7, "NaN"]}, {}]}}
      """.utf8)
    var random = SplitMix(seed: 11)
    var reader = RecordJSONReader()
    var refused = 0
    for _ in 0..<10_000 {
      let mutant = random.damage(line)
      do {
        let payload = try mutant.withUnsafeBytes { try reader.payload(of: $0) }
        let form = payload.withUnsafeBytes { RecordForm(of: $0) }
        #expect(form != .other)
      } catch { refused += 1 }
    }
    #expect(refused > 5000)
  }

  @Test func damagedIndexesGiveAnErrorOrTheRecord() throws {
    let folder = TemporaryFolder()
    let file = folder.write(fixtureBytes("records/tf1/examples.tfrecord"), "file")
    let text = try RecordIndex(scanning: file).text
    let expected = try payloads(of: file)[1]
    var random = SplitMix(seed: 5)
    for _ in 0..<500 {
      folder.write(random.damage(text), "file.idx")
      do {
        _ = try RecordLookup.find([1], in: [file]) { _, _, record in #expect(Array(record.payload) == expected) }
      } catch let error as KernelError { #expect(error.kind == .badData) }
    }
  }
}
