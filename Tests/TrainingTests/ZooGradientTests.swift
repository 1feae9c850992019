import Bytes
import Checkpoints
import Execution
import Foundation
import Graphs
import Tensors
import TestSupport
import Testing

@testable import Training

/// The first gradients of the models of 2017 and of the 10th place of 2018, as TensorFlow found them.
@Suite struct ZooGradientTests {
  static let cases = ZooTests.willow.filter {
    FileManager.default.fileExists(atPath: fixture($0 + "/gradients.npz"))
  }

  @Test func thereAreCases() { #expect(ZooGradientTests.cases.count == 14) }

  @Test(arguments: cases) func areTensorFlows(folder: String) throws {
    let model = try ZooCase(willow: folder)
    let expected = try openCheckpoint(fixture(folder + "/gradients.npz"))
    var recipe = TrainingRecipe()
    recipe.variableScope = model.flags.lineage.scope
    let shape = try model.arrays.tensor(model.arrays.has("quantized") ? "quantized" : "input_batch_raw").shape
    let videos = VideoShape(
      featureSizes: model.featureSizes, frameLimit: model.model.takesFrames ? shape.dimensions[1] : nil,
      classCount: model.classCount)
    let graph = try TrainingGraph(model.model, model.flags, videos, recipe, seed: 1)
    let session = try Session(graph.meta, path: "built", checkpoint: model.checkpoint)
    let labels = try model.arrays.tensor("labels")
    var feeds = [
      graph.features: try model.features(nil), graph.frameCounts: try model.counts(nil),
      graph.labels: try Tensor(.bool, labels.shape, bytes: ByteView(labels.array(of: UInt8.self))),
    ]
    let draws = graph.meta.graph.nodes.filter { $0.op == "RandomUniform" && !$0.name.contains("/Initializer") }
    for (number, node) in draws.enumerated() {
      feeds[Endpoint(node.name)] = try model.arrays.tensor("u\(number)")
    }
    let names = graph.gradients.keys.sorted()
    let found = try session.run(
      names.compactMap { graph.gradients[$0] } + [graph.loss], feeding: feeds)
    #expect(expected.tensors.count == 2 * names.count + 2)
    for (name, gradient) in zip(names, found) {
      let values = gradient.array(of: Float.self)
      let norm = try expected.tensor("norm/" + name).array(of: Float.self)[0]
      let length = values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      // What the next normalization takes out again is rounding alone.
      #expect(abs(Float(length) - norm) <= 1e-4 * norm + 1e-5, "\(name): \(length), not \(norm)")
      let some = try expected.tensor("some/" + name).array(of: Float.self)
      for (place, value) in some.enumerated() {
        let index = some.count > 1 ? (values.count - 1) * place / (some.count - 1) : 0
        #expect(abs(values[index] - value) <= 1e-4 * norm + 1e-6, "\(name)[\(index)]")
      }
    }
    let loss = try expected.tensor("label_loss").array(of: Float.self)[0]
    #expect(abs(found[names.count].array(of: Float.self)[0] - loss) <= 1e-5 * loss)
  }
}
