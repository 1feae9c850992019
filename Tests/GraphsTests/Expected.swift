import Bytes
import Foundation
import Graphs
import TestSupport

/// What TensorFlow finds in the graphs of `Tests/Fixtures/graphs`.
enum Expected {
  static let names = [
    "framelogistic.meta", "lstm2.meta", "ref_a.meta", "ref_a_pruned.meta", "res_a.meta", "shard_a.meta",
    "half_plus_two/saved_model.pb",
  ]

  private static func json() throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(fixtureBytes("graphs/expected.json"))) as? [String: Any] ?? [:]
  }

  static func facts(_ name: String) throws -> [String: Any] {
    (try json()["graphs"] as? [String: Any])?[name] as? [String: Any] ?? [:]
  }

  static func constants() throws -> [[String: Any]] { try json()["constants"] as? [[String: Any]] ?? [] }

  static func graph(_ name: String) throws -> MetaGraph { try MetaGraph(reading: fixture("graphs/" + name)) }

  static func digest(_ lines: [String]) throws -> String {
    try digest(Array(lines.joined(separator: "\n").utf8))
  }

  static func digest(_ bytes: [UInt8]) throws -> String {
    let hash = try SHA256()
    try hash.update(bytes)
    return SHA256.text(try hash.finish())
  }
}
