import Bytes
import Foundation
import Records
import TestSupport
import Testing

/// Hand-encoded forms of examples, legal and not, with what Google's protobuf parser makes of each.
@Suite struct VariantTests {
  struct Variant: Sendable, CustomTestStringConvertible {
    let name: String
    let payload: [UInt8]
    /// The features as text; `nil` where protobuf refuses the message.
    let features: [String: String]?

    var testDescription: String { name }
  }

  static let all: [Variant] = {
    let json = try? JSONSerialization.jsonObject(with: Data(fixtureBytes("records/example_variants_tf1.json")))
    let variants = json as? [String: [String: Any]] ?? [:]
    return variants.sorted { $0.key < $1.key }.map { name, fields in
      let features = fields["python_protobuf"] as? [String: [Any]]
      return Variant(
        name: name, payload: unhex(fields["hex"] as? String ?? ""),
        features: features?.mapValues { feature in
          let kind = (feature[0] as? String)?.replacingOccurrences(of: "_list", with: "") ?? "none"
          let values = (feature[1] as? [Any] ?? []).map { value -> String in
            if let text = value as? String { return text }
            return kind == "float" ? "\((value as? NSNumber)?.floatValue ?? 0)" : "\(value)"
          }
          return "\(kind) \(values.joined(separator: " "))"
        })
    }
  }()

  /// A feature in the same words.
  private func text(_ feature: Feature) throws -> String {
    var values: [String] = []
    try feature.forEachBytes { values.append($0.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()) }
    try feature.forEachInt64 { values.append("\($0)") }
    try feature.forEachFloats { run in
      for index in 0..<run.count / 4 {
        values.append("\(run.loadUnaligned(fromByteOffset: 4 * index, as: Float.self))")
      }
    }
    #expect(try feature.count == values.count)
    return "\(feature.kind.name) \(values.joined(separator: " "))"
  }

  private func features(_ payload: [UInt8]) throws -> [String: String] {
    var found: [String: String] = [:]
    try payload.withUnsafeBytes { bytes in
      let message = RecordMessage(bytes)
      var texts: [[UInt8]: String] = [:]
      try message.forEachFeature { key, feature throws(ByteReader.Fault) in
        do { texts[Array(key)] = try text(feature) } catch let fault as ByteReader.Fault { throw fault } catch {
          Issue.record(error)
        }
      }
      for (key, expected) in texts {
        let feature = try #require(try message.feature(FeatureName(key)), "looked up by name")
        #expect(try text(feature) == expected)
        found[String(decoding: key, as: UTF8.self)] = expected
      }
    }
    return found
  }

  @Test(arguments: all) func featuresAreThoseOfProtobuf(_ variant: Variant) throws {
    if let expected = variant.features {
      #expect(try features(variant.payload) == expected)
    } else {
      // Of a key that is not UTF-8 the features can still be read, but it is no example.
      #expect(variant.payload.withUnsafeBytes { RecordForm(of: $0) } == .other)
      if variant.name != "key invalid utf8" {
        #expect(throws: ByteReader.Fault.self) { try features(variant.payload) }
      }
    }
  }

  /// What is shown with its features says the same after a trip through JSON; all else comes back byte for byte.
  @Test(arguments: all) func jsonKeepsTheMeaning(_ variant: Variant) throws {
    var text: [UInt8] = []
    let isShown = variant.payload.withUnsafeBytes { RecordJSON.append($0, to: &text) }
    var reader = RecordJSONReader()
    let back = try text.withUnsafeBytes { try reader.payload(of: $0) }
    if isShown {
      #expect(try features(back) == variant.features)
      #expect(back.withUnsafeBytes { RecordForm(of: $0) } != .other)
    } else {
      #expect(back == variant.payload)
    }
  }

  @Test func variantsAreFound() {
    #expect(Self.all.count == 31)
    #expect(Self.all.filter { $0.features == nil }.count == 5)
  }

  /// Protobuf merges the values of an entry also when their kinds differ: then the last kind counts alone.
  @Test func valuesOfOneEntryMergeAcrossKinds() throws {
    func entry(_ values: [String]) -> [UInt8] {
      let entry = unhex("0a0178") + values.flatMap { unhex("12") + [UInt8($0.count / 2)] + unhex($0) }
      let map = [0x0a, UInt8(entry.count)] + entry
      return [0x0a, UInt8(map.count)] + map
    }
    let one = "12060a040000803f"
    let seven = "1a030a0107"
    #expect(try features(entry([one, seven])) == ["x": "int64 7"])
    #expect(try features(entry([one, seven, one])) == ["x": "float 1.0"])
    #expect(try features(entry([one, seven, seven, seven])) == ["x": "int64 7 7 7"])
    #expect(try features(entry([one + one, one])) == ["x": "float 1.0 1.0 1.0"])
  }
}

/// Names longer than what stands in the value itself are told apart by all of their bytes.
@Suite struct FeatureNameTests {
  @Test(arguments: [0, 1, 31, 32, 33, 100]) func matchesNothingButItself(length: Int) {
    let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }
    let name = FeatureName(bytes)
    #expect(name.bytes == bytes)
    #expect(bytes.withUnsafeBytes { name.matches($0) })
    #expect((bytes + [0]).withUnsafeBytes { !name.matches($0) })
    for position in 0..<length {
      var other = bytes
      other[position] ^= 0x80
      #expect(other.withUnsafeBytes { !name.matches($0) })
    }
    if length > 0 { #expect(bytes.dropLast().withUnsafeBytes { !name.matches($0) }) }
  }
}

/// A record that has a name twice has the feature once: the last one counts.
@Suite struct RepeatedKeyTests {
  @Test func aRecordCountsOnce() throws {
    let once = TestVideos.videoLevel("a", mean: [1, 2])
    var summary = RecordSummary()
    (once + TestVideos.videoLevel("bcd", mean: [3])).withUnsafeBytes { summary.add($0) }
    once.withUnsafeBytes { summary.add($0) }
    #expect(summary.recordCount == 2)
    #expect(summary.features.map(\.name) == ["id", "mean_rgb"])
    #expect(summary.features.allSatisfy { $0.recordCount == 2 })
    #expect(summary.features.map { $0.recordCount(of: .float) } == [0, 2])
  }
}
