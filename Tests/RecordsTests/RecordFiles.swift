import Bytes
import Foundation
import Records
import TestSupport

/// Payloads of `count` records, of 0 to `longest` random bytes.
func randomPayloads(_ count: Int, longest: Int, seed: UInt64) -> [[UInt8]] {
  var random = SplitMix(seed: seed)
  return (0..<count).map { _ in
    (0..<Int.random(in: 0...longest, using: &random)).map { _ in .random(in: 0...255, using: &random) }
  }
}

/// A plain record file's bytes.
func recordBytes(_ payloads: [[UInt8]]) throws -> [UInt8] {
  let sink = CollectingSink()
  let writer = RecordWriter(to: sink)
  for payload in payloads { try payload.withUnsafeBytes { try writer.write(payload: $0) } }
  try writer.commit()
  return sink.bytes
}

/// The payloads of a record file, checksums checked.
func payloads(of path: String) throws -> [[UInt8]] {
  var payloads: [[UInt8]] = []
  try RecordScan([path], Workers(2)).forEachSlice { slice in
    try slice.forEach { payloads.append(Array($0.payload)) }
  }
  return payloads
}

/// The SHA-256 of each record, as TensorFlow's own reader found them.
func digestsFoundByTensorFlow(_ manifest: String) throws -> [String] {
  let data = Data(fixtureBytes("records/manifests/\(manifest).rec.json"))
  let json = try JSONSerialization.jsonObject(with: data) as? [String: Any]
  return json?["record_sha256"] as? [String] ?? []
}

func sha256(_ bytes: [UInt8]) throws -> String {
  let hash = try SHA256()
  try hash.update(bytes)
  return SHA256.text(try hash.finish())
}

/// Keeps all it is given.
final class CollectingSink: ByteSink {
  private(set) var bytes: [UInt8] = []

  func write(_ bytes: UnsafeRawBufferPointer) { self.bytes.append(contentsOf: bytes) }
}

extension RandomNumberGenerator {
  mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }
}
