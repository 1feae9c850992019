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
    return try quantization.plan(try model, to: folder("made"), Workers(2))
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
    let least = try result(.transform(.codes(.kMeans, bits: 2))).plan.byteCount(prefix: folder("made"))
    var errors: [Double] = []
    for limit in stride(from: least + 2000, to: least + 14_000, by: 3000) {
      let made = try result(.size(limit, .kMeans))
      #expect(try made.plan.byteCount(prefix: folder("made")) <= limit)
      try BundleWriter(
        made.plan.tensors, to: folder("made"), with: try made.plan.companions(of: folder("made")),
        existing: .replace
      ).write(Workers(2))
      let written = folder.names.reduce(0) { $0 + contents(folder($1)).count }
      #expect(written <= limit)
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
    let least = options.map { $0.map { $0.bytes }.min() ?? 0 }.reduce(0, +)
    #expect(SizeChoice.choose(options, byteCount: least - 1) == nil)
    for limit in [least, least + 300, least + 1500] {
      guard let picks = SizeChoice.choose(options, byteCount: limit) else {
        Issue.record("nothing fits \(limit)")
        continue
      }
      func total(_ picks: [Int]) -> (bytes: Int, error: Double) {
        zip(options, picks).reduce((0, 0)) { ($0.0 + $1.0[$1.1].bytes, $0.1 + $1.0[$1.1].error) }
      }
      var best = Double.infinity
      for code in 0..<4096 {
        let all = total((0..<4).map { code >> (3 * $0) & 7 })
        if all.bytes <= limit { best = min(best, all.error) }
      }
      let found = total(picks)
      #expect(found.bytes <= limit)
      #expect(found.error <= best * (1 + 1e-12))
    }
  }
}
