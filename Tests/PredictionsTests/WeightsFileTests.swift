import Bytes
import Foundation
import TestSupport
import Testing

@testable import Predictions

@Suite struct WeightsFileTests {
  private let folder = TemporaryFolder()

  private func file(_ text: String) throws -> WeightsFile {
    try WeightsFile(folder.write(Array(text.utf8), "weights.json"))
  }

  private let found = WeightsFile(
    metric: "gap@20", score: 0.85125, weights: [.init("oof/b \"x\".csv", 0.7), .init("oof/a.csv", 0.25)],
    parameters: [.init("w0", 6.058430980648939)])

  @Test func foundationReadsWhatIsWritten() throws {
    try found.write(to: folder("w.json"), existing: .refuse)
    let json = try JSONSerialization.jsonObject(with: Data(contents(folder("w.json")))) as? [String: Any]
    #expect(json?["metric"] as? String == "gap@20")
    #expect(json?["score"] as? Double == 0.85125)
    #expect(json?["weights"] as? [String: Double] == ["oof/b \"x\".csv": 0.7, "oof/a.csv": 0.25])
    #expect(json?["params"] as? [String: Double] == ["w0": 6.058430980648939])
    #expect(throws: KernelError.self) { try found.write(to: folder("w.json"), existing: .refuse) }
  }

  @Test func whatIsWrittenReadsBack() throws {
    try found.write(to: folder("w.json"), existing: .refuse)
    #expect(try WeightsFile(folder("w.json")) == found)
    let bare = WeightsFile(weights: [.init("a", 0.1 + 0.2)])
    try bare.write(to: folder("bare.json"), existing: .refuse)
    #expect(try WeightsFile(folder("bare.json")) == bare)
  }

  @Test func theMergeIsKeptBeside() throws {
    var file = found
    file.recipe = MergeRecipe(how: .power, missing: .rescale, topK: .max, preset: "a \"b\"")
    try file.write(to: folder("w.json"), existing: .refuse)
    #expect(try WeightsFile(folder("w.json")) == file)
    let json = try JSONSerialization.jsonObject(with: Data(contents(folder("w.json")))) as? [String: Any]
    #expect(json?["how"] as? String == "power")
    #expect(json?["missing"] as? String == "rescale")
    #expect(json?["top_k"] as? Int == 0)
    #expect(json?["preset"] as? String == "a \"b\"")
  }

  @Test func writtenByHandNeedsOnlyWeights() throws {
    let file = try file("{\"weights\": {\"b\": 3, \"a\": 0}, \"note\": [1, {}]}")
    #expect(file == WeightsFile(weights: [.init("b", 3), .init("a", 0)]))
  }

  @Test(arguments: [
    ("", "the JSON text ends too early"), ("[1]", "an object is expected"), ("{}", "there are no \"weights\""),
    ("{\"weights\": {}}", "no weight is positive"), ("{\"weights\": {\"a\": 0}}", "no weight is positive"),
    ("{\"weights\": {\"a\": -1}}", "the weight of \"a\" is negative"),
    ("{\"weights\": {\"a\": 1, \"a\": 2}}", "the key \"a\" appears twice"),
    ("{\"weights\": {\"a\": NaN}}", "a number is expected"),
    ("{\"weights\": {\"a\": \"1\"}}", "a number is expected"),
    ("{\"weights\": {\"a\": 1e999}}", "a number exceeds the range of a double"),
    (
      "{\"weights\": {\"a\": 1}, \"how\": \"x\"}",
      "\"how\" is 'x', which is none of mean, geometric, logit, rank, power, place"
    ),
    ("{\"weights\": {\"a\": 1}, \"missing\": 0}", "a string is expected"),
    ("{\"weights\": {\"a\": 1}, \"top_k\": 1.5}", "\"top_k\" is not a number from 0"),
    ("{\"weights\": {\"a\": 1}, \"top_k\": -1}", "\"top_k\" is not a number from 0"),
    ("{\"weights\": {\"a\": 1}} x", "something follows the end of the JSON value"),
  ])
  func otherFilesAreRefused(_ text: String, _ problem: String) throws {
    let error = #expect(throws: KernelError.self) { try file(text) }
    #expect(error?.kind == .badData)
    #expect(error?.source == folder("weights.json"))
    #expect(error?.problem == problem)
  }

  @Test func weightsAreFoundByPathThenByName() throws {
    let file = WeightsFile(weights: [
      .init("oof/a.csv", 1), .init("oof/b.csv", 2), .init("x/c.csv", 3), .init("y/c.csv", 4),
    ])
    #expect(try file.weights(for: ["test/b.csv", "oof/a.csv"], source: "w") == [2, 1])
    #expect(try file.weights(for: ["y/c.csv", "x/c.csv"], source: "w") == [4, 3])
    let cases = [
      (["z.csv"], "there is no weight for z.csv"), (["z/c.csv"], "there are 2 weights for files named c.csv"),
      (["1/a.csv", "2/a.csv"], "1/a.csv and 2/a.csv would share the weight of oof/a.csv"),
    ]
    for (paths, problem) in cases {
      let error = #expect(throws: KernelError.self) { try file.weights(for: paths, source: "w") }
      #expect(error?.problem == problem)
      #expect(error?.source == "w")
    }
  }
}
