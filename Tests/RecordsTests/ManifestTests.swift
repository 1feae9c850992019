import Bytes
import Records
import TestSupport
import Testing

/// Files of TensorFlow 1.15, 2.21 and of public projects: the same records as TensorFlow's reader finds.
@Suite struct ManifestTests {
  @Test(arguments: RecordManifest.all) func recordsAreThoseThatTensorFlowReads(_ manifest: RecordManifest) throws {
    let payloads = try RecordsTests.payloads(of: manifest.path)
    #expect(try payloads.map { try sha256($0) } == manifest.digests)
    #expect(payloads.reduce(0) { $0 + $1.count } == manifest.payloadByteCount)
    let reader = try RecordReader(manifest.path)
    #expect(reader.compression.rawValue.uppercased() == manifest.compression)
  }

  @Test(arguments: RecordManifest.all, [1, 3])
  func summaryCountsWhatTensorFlowCounts(_ manifest: RecordManifest, threads: Int) throws {
    let summary = try RecordFileSummary(manifest.path, Workers(threads)).records
    #expect(summary.recordCount == manifest.records)
    #expect(summary.payloadByteCount == manifest.payloadByteCount)
    #expect(summary.recordCount(of: .example) == manifest.examples)
    #expect(summary.recordCount(of: .sequence) == manifest.sequences)
    let lists = summary.features.filter(\.isList)
    let features = summary.features.filter { !$0.isList }
    #expect(Dictionary(uniqueKeysWithValues: features.map { ($0.name, kinds($0)) }) == manifest.features)
    #expect(Dictionary(uniqueKeysWithValues: lists.map { ($0.name, kinds($0)) }) == manifest.lists)
  }

  private func kinds(_ feature: FeatureSummary) -> [String: Int] {
    let names: [Feature.Kind: String] = [
      .none: "empty", .bytes: "bytes_list", .float: "float_list", .int64: "int64_list",
    ]
    return names.reduce(into: [:]) { kinds, entry in
      let count = feature.recordCount(of: entry.key)
      if count > 0 { kinds[entry.value] = count }
    }
  }

  @Test(arguments: RecordManifest.all) func jsonComesBackByteForByte(_ manifest: RecordManifest) throws {
    let payloads = try RecordsTests.payloads(of: manifest.path)
    var text: [UInt8] = []
    var shown = 0
    for payload in payloads {
      payload.withUnsafeBytes { if RecordJSON.append($0, to: &text) { shown += 1 } }
    }
    #expect(shown == manifest.examples + manifest.sequences + payloads.filter(\.isEmpty).count)
    let folder = TemporaryFolder()
    var back: [[UInt8]] = []
    try RecordImport(Workers(2)).run(folder.write(text, "lines")) { back.append(Array($0)) }
    #expect(back == payloads)
  }

  @Test func manifestsAreFound() {
    #expect(RecordManifest.all.count == 17)
  }
}
