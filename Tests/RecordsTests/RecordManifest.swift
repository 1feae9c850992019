import Bytes
import Foundation
import Records
import TestSupport
import Testing

/// What TensorFlow's own reader found in a record file (`Tests/Fixtures/ORIGIN.md`).
struct RecordManifest: Sendable, CustomTestStringConvertible, Decodable {
  let compression: String
  let records: Int
  let payloadByteCount: Int
  let digests: [String]
  let examples: Int
  let sequences: Int
  /// For each feature, in how many records it is of each kind.
  let features: [String: [String: Int]]
  let lists: [String: [String: Int]]
  /// The path below `Tests/Fixtures/records`.
  private(set) var name = ""

  enum CodingKeys: String, CodingKey {
    case compression, records, examples
    case payloadByteCount = "payload_bytes"
    case digests = "record_sha256"
    case sequences = "sequence_examples"
    case features = "feature_keys"
    case lists = "feature_list_keys"
  }

  var path: String { fixture("records/" + name) }

  var testDescription: String { name }

  static let all: [RecordManifest] = {
    let folder = fixture("records/manifests")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().compactMap { file in
      let data = Data(contents(folder + "/" + file))
      var manifest = try? JSONDecoder().decode(RecordManifest.self, from: data)
      manifest?.name = file.dropLast(".rec.json".count).replacingOccurrences(of: "__", with: "/")
      return manifest
    }
  }()
}

/// The frame of a record with this payload.
func frame(_ payload: [UInt8]) -> [UInt8] {
  var frame: [UInt8] = []
  frame.append(fixed64: UInt64(payload.count))
  frame.append(fixed32: CRC32C.mask(CRC32C.of(frame)))
  frame += payload
  frame.append(fixed32: CRC32C.mask(CRC32C.of(payload)))
  return frame
}
