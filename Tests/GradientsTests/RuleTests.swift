import Gradients
import Graphs
import Testing

@Suite struct RuleTests {
  @Test func nothingDependsOnIt() throws {
    let build = GraphBuilder()
    let x = try build.placeholder("x", .float32, [2])
    let y = try build.placeholder("y", .float32, [2])
    let gradients = try build.gradients(of: build.sum(build.square(x), [0]), for: [x, y, build.stopGradient(y)])
    #expect(gradients[0] != nil && gradients[1] == nil && gradients[2] == nil)
  }
}
