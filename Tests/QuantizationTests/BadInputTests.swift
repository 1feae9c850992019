import Bytes
import Checkpoints
import Foundation
import Quantization
import TestSupport
import Testing
import Models

/// What cannot be quantized is said in one line, and nothing is written.
@Suite struct BadInputTests {
  private let folder = TemporaryFolder()

  private func problem(_ body: () throws -> Void) -> KernelError? {
    do { try body() } catch { return error as? KernelError }
    return nil
  }

  @Test func numbersThatAreNone() throws {
    for (values, text) in [
      ([1, .nan, 2], "a value is NaN or infinite"), ([1, .infinity, -.infinity], "2 values are NaN or infinite"),
      ([], "has no elements"),
    ] as [([Float], String)] {
      let tensor = try WeightTensor(Memory.tensor(values), Workers(1))
      let error = problem { _ = try CodebookMaker(tensor, Workers(1)) }
      #expect(error?.problem == text && error?.place == .tensor("x") && error?.kind == .badData)
    }
    // Enough for whole vectors.
    var many = [Float](repeating: 0.5, count: 100)
    many[17] = .nan
    #expect(try WeightTensor(Memory.tensor(many), Workers(1)).nonFiniteCount == 1)
  }

  @Test func float16KeepsWhatIsNotFinite() throws {
    let tensor = try WeightTensor(Memory.tensor([1, .nan, .infinity, 70000, 0.5]), Workers(1))
    let errors = try HalfMaker(tensor, tally: nil).errors(Workers(1))
    #expect(errors.count == 3 && errors.worst == .infinity)
  }

  @Test func weightsThatDoNotFit() throws {
    let tensor = try WeightTensor(Memory.tensor([1, 2, 3]), Workers(1))
    for weights in [[1, 1], [1, -1, 1], [0, 0, 0], [1, .nan, 1]] as [[Float]] {
      let maker = try CodebookMaker(tensor, weighting: .given(Memory(["x": weights])), Workers(1))
      #expect(problem { _ = try maker.make(.kMeans, bits: 2) }?.place == .tensor("x"))
    }
    // Tensors without weights count all alike.
    let maker = try CodebookMaker(tensor, weighting: .given(Memory(["y": [1]])), Workers(1))
    #expect(try maker.make(.kMeans, bits: 2).codebook.levels == [1, 2, 3, 3])
  }

  @Test func modelsThatAreNotWhole() throws {
    let source = fixture("quantized/netvlad/inference_model")
    for ending in [".index", ".data-00000-of-00001"] {
      try FileManager.default.copyItem(atPath: source + ending, toPath: folder("m" + ending))
    }
    let missing = problem { _ = try ModelFiles(folder("m")) }
    #expect(missing?.source == folder("m.meta") && missing?.kind == .noInput)
    // The graph of another model.
    try FileManager.default.copyItem(
      atPath: fixture("quantized/lstm/inference_model.meta"), toPath: folder("m.meta"))
    let other = problem {
      _ = try Quantization(.transform(.float16)).plan(try ModelFiles(folder("m")), Workers(1))
    }
    #expect(other?.hint == "checkpoint and graph belong to different models")
    #expect(problem { _ = try ModelFiles(fixture("containers/all.safetensors")) }?.kind == .noInput)
  }

  @Test func trainingGraphsNameTheOptimizer() throws {
    let error = problem {
      var quantization = Quantization(.transform(.float16))
      quantization.minElements = 10
      _ = try quantization.plan(
        try ModelFiles(fixture("quantized/training/model")), Workers(1))
    }
    #expect(error?.problem.contains("ApplyAdam") == true && error?.hint != nil)
    #expect(error?.source == fixture("quantized/training/model.meta"))
  }
}
