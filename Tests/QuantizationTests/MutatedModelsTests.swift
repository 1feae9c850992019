import Bytes
import Foundation
import Graphs
import Models
import Quantization
import TestSupport
import Testing

/// Checkpoints whose graphs say what no graph should: planning ends with a plan or with one error.
///
/// `MUTATIONS=2000 SEED=1 swift test --filter MutatedModels` tries more of them, and others.
@Suite struct MutatedModelsTests {
  private static let count = Int(ProcessInfo.processInfo.environment["MUTATIONS"] ?? "") ?? 15
  private static let seed = UInt64(ProcessInfo.processInfo.environment["SEED"] ?? "") ?? 0

  @Test(arguments: [
    "quantized/netvlad/inference_model", "quantized/lstm/inference_model",
    "models/quantized/netvlad_gated_probgating_quant_kmeans/inference_model",
  ])
  func planningEnds(name: String) throws {
    let original = try ModelFiles(fixture(name))
    var random = SplitMix(seed: UInt64(name.utf8.count) &+ MutatedModelsTests.seed &* 1000)
    let mutator = GraphMutator()
    var outcomes = (results: 0, errors: 0)
    for number in 0..<MutatedModelsTests.count {
      var model = original
      do {
        for _ in 0..<Int.random(in: 1...2, using: &random) { try mutator.mutate(&model.graph, using: &random) }
      } catch is KernelError { continue }
      let mutant = model
      let plans: [() throws -> ModelPlan] = [
        {
          var quantization = Quantization(.transform(.codes(.uniform, bits: number % 7 + 2)))
          quantization.minElements = 100
          quantization.prunes = number % 2 == 0
          quantization.keepsOriginals = number % 3 == 0
          return try quantization.plan(mutant, Workers(1)).plan
        },
        { try Dequantization.plan(mutant).plan },
        { try ModelPlan(ensembleOf: [mutant, original], weights: [0.5, 0.5], .mean) },
      ]
      for plan in plans {
        do {
          _ = try plan().graph.encoded()
          outcomes.results += 1
        } catch let error as KernelError {
          #expect(!error.problem.isEmpty && !error.description.contains("\n"))
          outcomes.errors += 1
        }
      }
    }
    #expect(outcomes.results > 0)
    #expect(outcomes.errors > 0)
  }
}
