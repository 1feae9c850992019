import Bytes
import Predictions
import Testing

struct ModelWeightsTests {
  private let file = WeightsFile(weights: [.init("out/netvlad.csv.gz", 0.7), .init("gru.csv", 0.3)])

  @Test func modelsAreKnownByFileOrFolder() throws {
    let found = try file.weights(forModels: ["models/gru/inference_model", "netvlad.ckpt-7"], source: "w.json")
    #expect(found.weights == [0.3, 0.7])
    #expect(!found.isByOrder)
  }

  @Test func modelsWithOtherNamesAreTakenInOrder() throws {
    let found = try file.weights(forModels: ["a/model", "b/model"], source: "w.json")
    #expect(found.weights == [0.7, 0.3])
    #expect(found.isByOrder)
  }

  @Test(arguments: [["a/model"], ["gru/model", "b/model"], ["gru/model", "gru"]])
  func whatIsNotClearIsRefused(models: [String]) {
    let error = #expect(throws: KernelError.self) { try file.weights(forModels: models, source: "w.json") }
    #expect(error?.kind == .usage)
    #expect(error?.source == "w.json")
  }
}
