import Graphs
import Testing

@testable import Training

@Suite struct BatchNormalizationTests {
  @Test func variablesAreNamedAsTheReference() throws {
    let build = ModelBuilder(GraphBuilder(), isTraining: true, Hyperparameters(.miha))
    let x = try build.graph.placeholder("x", .float32, [-1, 3])
    let y = try build.graph.reopen("tower") { try build.batchNorm(x, "input_bn") }
    #expect(y.dimensions == [-1, 3])
    let names = try build.graph.meta.variableDefinitions().map(\.node)
    #expect(names == ["beta", "gamma", "moving_mean", "moving_variance"].map { "tower/input_bn/" + $0 })
    #expect(build.updates.count == 2)
  }
}
