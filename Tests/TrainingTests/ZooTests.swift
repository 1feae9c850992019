import Foundation
import Graphs
import TestSupport
import Testing

@testable import Training

/// Graphs built here, with weights that the references' graphs were run with, must predict what these predicted.
@Suite struct ZooTests {
  /// The folders of fixtures in a folder.
  static func folders(_ parent: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: fixture(parent))) ?? []
    return names.sorted().map { parent + "/" + $0 }
  }

  /// Their random numbers have no seed, or are drawn for two passes.
  static let unrepeatable: Set = [
    "models/graphs/random_frames_noseed", "models/graphs/random_frames_rounds2_seed7",
  ]
  static let exported = folders("models/graphs").filter { !unrepeatable.contains($0) }
  /// Those of the starter code and of 2019 are among the steps (`TrainingStepTests`).
  static let trained = folders("training").filter { !$0.contains("starter_") && !$0.contains("tm_") }
  static let willow = folders("zoo")
  static let of2019 = folders("zoo2019").filter { !$0.contains(".") }

  @Test func thereAreCases() {
    #expect(ZooTests.exported.count == 21 && ZooTests.trained.count == 17 && ZooTests.willow.count == 15)
    #expect(ZooTests.of2019.count == 22)
  }

  @Test(arguments: exported) func exportsOf2018(folder: String) throws {
    let model = try ZooCase(miha: folder)
    #expect(try model.difference(model.predictions(), from: "predictions") < 1e-5)
  }

  @Test(arguments: trained) func trainingOf2018(folder: String) throws {
    let model = try ZooCase(miha: folder, checkpoint: "init.ckpt-0")
    let found = try model.predictions(isTraining: true, step: 0)
    #expect(try model.difference(found, from: "predictions", step: 0) < 1e-5)
  }

  @Test(arguments: willow) func inferenceOf2017And10thPlace(folder: String) throws {
    let model = try ZooCase(willow: folder)
    #expect(try model.difference(model.predictions(), from: "predictions") < 1e-5)
  }

  @Test(arguments: willow) func trainingOf2017And10thPlace(folder: String) throws {
    let model = try ZooCase(willow: folder)
    let found = try model.predictions(isTraining: true)
    #expect(try model.difference(found, from: "predictions_batchstat") < 1e-5)
  }

  @Test(arguments: of2019) func inferenceOf2019(folder: String) throws {
    let model = try ZooCase(of2019: folder)
    #expect(try model.difference(model.predictions(), from: "predictions") < 1e-5)
    let shapes = try #require(model.facts["variables"] as? [String: [Int]])
    let variables = try model.built().graph.variables
    #expect(Dictionary(uniqueKeysWithValues: variables.map { ($0.name, $0.value.dimensions) }) == shapes)
  }

  @Test(arguments: exported) func variablesOf2018(folder: String) throws {
    let model = try ZooCase(miha: folder)
    let built = try model.built()
    let shapes = try #require(model.facts["variables"] as? [String: [Int]])
    let found = Dictionary(uniqueKeysWithValues: built.graph.variables.map { ($0.name, $0.value.dimensions) })
    #expect(found == shapes.filter { $0.key != "global_step" })
    let collections = try #require(model.facts["collections"] as? [String: [String]])
    func names(_ collection: String) -> Set<String> {
      Set((collections[collection] ?? []).map { String($0.dropLast(2)) })
    }
    #expect(Set(built.graph.variables.filter(\.isTrained).map(\.name)) == names("trainable_variables"))
    #expect(Set(built.graph.variables.filter(\.isModelVariable).map(\.name)) == names("model_variables"))
    #expect(built.build.penalties.count == collections["regularization_losses"]?.count ?? 0)
  }

  @Test(arguments: willow) func variablesOf2017And10thPlace(folder: String) throws {
    let model = try ZooCase(willow: folder)
    let listed = try #require(model.facts["variables"] as? [[Any]]).filter { $0[0] as? String != "global_step" }
    let expected = listed.map { "\($0[0]) \($0[1] as? [Int] ?? []) \($0[2]) \($0[3] as? Bool ?? false)" }
    let found = try model.built().graph.variables.map {
      "\($0.name) \($0.value.dimensions) \($0.value.dtype.name) \($0.isTrained)"
    }
    #expect(found.sorted() == expected.sorted())
  }
}
