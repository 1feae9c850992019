import Bytes
import Checkpoints
import Quantization
import TestSupport
import Testing
import Models

/// Which way of storing each tensor a limit leads to.
@Suite struct ChoiceTests {
  private let folder = TemporaryFolder()
  private var model: ModelFiles {
    get throws { try ModelFiles(fixture("quantized/netvlad/inference_model")) }
  }

  private func result(_ goal: Quantization.Goal) throws -> Quantization.Result {
    var quantization = Quantization(goal)
    quantization.minElements = 100
    return try quantization.plan(try model, Workers(2))
  }

  @Test(arguments: [0.3, 0.05, 0.01, 0.0005, 0]) func noErrorAboveTheLimit(limit: Double) throws {
    for outcome in try result(.maximumError(limit, .kMeans)).outcomes {
      #expect(outcome.errors.worst <= limit)
      guard case .codes(_, let bits) = outcome.transform, bits > 2 else { continue }
      let fewer = try result(.transform(.codes(.kMeans, bits: bits - 1)))
      let planned = try #require(fewer.outcomes.first { $0.name == outcome.name })
      #expect(planned.byteCount < outcome.byteCount)
    }
  }

  @Test func lessErrorTakesMoreBytes() throws {
    let sizes = try [0.3, 0.05, 0.01, 0.0005, 0].map {
      try result(.maximumError($0, .kMeans)).outcomes.reduce(0) { $0 + $1.byteCount }
    }
    #expect(sizes == sizes.sorted() && Set(sizes).count == sizes.count)
  }

  @Test func theWholeFitsTheSize() throws {
    let least = try result(.transform(.codes(.kMeans, bits: 2))).plan.byteCount()
    var errors: [Double] = []
    for limit in stride(from: least + 200, to: least + 14_000, by: 2300) {
      let made = try result(.size(limit, .kMeans))
      #expect(try made.plan.byteCount() <= limit)
      try BundleWriter(
        made.plan.tensors, to: folder("made"), with: try made.plan.companions(of: folder("made")),
        existing: .replace
      ).write(Workers(2))
      let written = folder.names.reduce(0) { $0 + contents(folder($1)).count }
      #expect(try written == made.plan.byteCount())
      errors.append(made.outcomes.reduce(0) { $0 + $1.errors.squares })
    }
    #expect(errors == errors.sorted(by: >))
    #expect { try result(.size(least / 2, .kMeans)) } throws: { error in
      (error as? KernelError)?.problem.contains("bytes at least") == true
    }
  }

  @Test(arguments: 1...20) func sizesAreUsedAsWellAsByTryingAll(seed: Int) {
    var random = Random(UInt64(seed))
    let options = (0..<4).map { _ -> [SizeChoice.Option] in
      let size = Int(random.uniform() * 900) + 100
      let spread = random.uniform() * 10
      let codes = (2...8).map { bits -> SizeChoice.Option in
        let levels = 1 << bits
        return SizeChoice.Option(
          bytes: size * bits / 8 + 4 * levels, error: spread * Double(size) / Double(levels * levels))
      }
      return codes + [SizeChoice.Option(bytes: 4 * size, error: 0)]
    }
    func total(_ picks: [Int]) -> (bytes: Int, error: Double) {
      zip(options, picks).reduce((0, 0)) { ($0.0 + $1.0[$1.1].bytes, $0.1 + $1.0[$1.1].error) }
    }
    let choice = SizeChoice(options)
    let candidates = choice.candidates
    for candidate in candidates {
      let found = total(choice.picks(of: candidate))
      #expect(found.bytes == candidate.bytes && abs(found.error - candidate.error) <= 1e-9 * found.error)
    }
    let least = options.map { $0.map { $0.bytes }.min() ?? 0 }.reduce(0, +)
    #expect(candidates.map(\.bytes).min() == least)
    let all = (0..<4096).map { code in total((0..<4).map { code >> (3 * $0) & 7 }) }
    for limit in [least, least + 300, least + 1500] {
      let best = all.filter { $0.bytes <= limit }.map(\.error).min() ?? .infinity
      let found = candidates.first { $0.bytes <= limit }
      #expect((found?.error ?? .infinity) <= best * (1 + 1e-12))
    }
    // What is left out when there are too many is made up for by a few steps of size.
    let coarse = SizeChoice(options, limit: 64).candidates
    #expect(coarse.count <= 65)
    let step = (all.map(\.bytes).max() ?? 0) / 64 + 1
    for limit in [least + 300, least + 1500] {
      let best = all.filter { $0.bytes <= limit - 4 * step }.map(\.error).min() ?? .infinity
      let found = coarse.first { $0.bytes <= limit }
      #expect((found?.error ?? .infinity) <= best * (1 + 1e-12))
    }
  }

  /// Every choice for two tensors of a model, with the size of the files that it makes.
  @Test func noChoiceThatFitsHasLessError() throws {
    let model = try model
    func result(_ goal: Quantization.Goal, measures: Bool = false) throws -> Quantization.Result {
      var quantization = Quantization(goal)
      quantization.minElements = 100
      quantization.isChosen = { $0.hasSuffix("hidden1_weights") || $0.hasSuffix("gates/weights") }
      quantization.keepsOriginals = false
      quantization.measures = measures
      return try quantization.plan(model, Workers(2))
    }
    let names = try result(.transform(.float16)).outcomes.map(\.name)
    try #require(names.count == 2)
    let transforms = [Transform.float32, .float16] + (2...8).map { Transform.codes(.uniform, bits: $0) }
    let all = try transforms.flatMap { first in
      try transforms.map { second in
        let made = try result(.each([names[0]: first, names[1]: second]), measures: true)
        return (bytes: try made.plan.byteCount(), error: made.outcomes.reduce(0) { $0 + $1.errors.squares })
      }
    }
    let sizes = all.map(\.bytes).sorted()
    let least = try #require(sizes.first)
    for limit in stride(from: 0, to: sizes.count, by: 9).map({ sizes[$0] }) {
      let best = all.filter { $0.bytes <= limit }.map(\.error).min()
      let made = try result(.size(limit, .uniform))
      #expect(try made.plan.byteCount() <= limit)
      let error = made.outcomes.reduce(0) { $0 + $1.errors.squares }
      #expect(error <= best ?? .infinity)
    }
    let refused = #expect(throws: KernelError.self) { try result(.size(least - 1, .uniform)) }
    #expect(refused?.problem == "takes \(least) bytes at least, more than the \(least - 1) asked for")
  }

  @Test func fewElementsAreNotStoredInMore() throws {
    for limit in [0, 0.0005, 0.01] {
      for outcome in try result(.maximumError(limit, .kMeans)).outcomes {
        #expect(outcome.byteCount <= 4 * outcome.elementCount)
      }
    }
  }
}
