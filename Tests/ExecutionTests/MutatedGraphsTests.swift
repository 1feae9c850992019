import Bytes
import Checkpoints
import Execution
import Foundation
import Graphs
import Tensors
import TestSupport
import Testing

/// Graphs that are damaged in ways that still decode: running them must end, with a result or with one error.
///
/// 12000 have been tried, 300 of each model for each of ten seeds, at 15 ms each and in at most 630 MB of memory; what
/// they found is in ``HostileGraphsTests``.
/// `MUTATIONS=3000 SEED=1 swift test --filter MutatedGraphs` tries more of them, and others.
struct MutatedGraphsTests {
  static let count = Int(ProcessInfo.processInfo.environment["MUTATIONS"] ?? "") ?? 40
  static let seed = UInt64(ProcessInfo.processInfo.environment["SEED"] ?? "") ?? 0

  @Test(arguments: ["netvlad_gated_probgating", "lstmbidirect_logistic", "random_sequence_seed7", "netfv_coupled"])
  func end(name: String) throws {
    let model = try Model("models/graphs/" + name)
    // Only what predictions need, so that every mutation meets them.
    let fetch = try model.endpoint("predictions")
    var whole = model.meta
    let needed = try whole.graph.ancestors(of: [fetch.node])
    whole.graph = try Graph(whole.graph.nodes.filter { needed.contains($0.name) })
    let checkpoint = try openCheckpoint(fixture("models/graphs/\(name)/inference_model"))
    var feeds: [Endpoint: Tensor] = [:]
    for input in ["input_batch_raw", "num_frames"] {
      feeds[try model.endpoint(input)] = try model.arrays.tensor(input)
    }
    var random = SplitMix(seed: UInt64(name.utf8.count) &+ MutatedGraphsTests.seed &* 1000)
    let mutator = GraphMutator(operators: Operator.names)
    var outcomes = (results: 0, errors: 0)
    for _ in 0..<MutatedGraphsTests.count {
      var meta = model.meta
      meta.graph = whole.graph
      let start = ContinuousClock.now
      defer { #expect(ContinuousClock.now - start < .seconds(60), "a mutation took that long") }
      do {
        for _ in 0..<Int.random(in: 1...2, using: &random) {
          meta.graph = try Graph(mutator.mutated(meta.graph.nodes, using: &random))
        }
        let variables = try VariableStore(model.meta, checkpoint)
        _ = try Session(meta, path: name, variables: variables, seed: 1, workers: Workers(2)).run(
          [fetch], feeding: feeds)
        outcomes.results += 1
      } catch let error as KernelError {
        #expect(!error.problem.isEmpty)
        outcomes.errors += 1
      }
    }
    #expect(outcomes.results > 0)
    #expect(outcomes.errors > 0)
  }
}
