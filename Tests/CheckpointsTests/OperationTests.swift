import Bytes
import Checkpoints
import Tensors
import TestSupport
import Testing

/// Averages, moving averages, casts and fills against what the reference programs wrote.
@Suite struct OperationTests {
  private let folder = TemporaryFolder()

  private func write(_ plan: OutputPlan, _ name: String) throws {
    try BundleWriter(plan, to: folder(name), existing: .refuse).write(Workers(2))
  }

  private func expectSameFiles(_ name: String, _ reference: String) {
    #expect(contents(folder(name + ".index")) == contents(fixture(reference + ".index")))
    let data = ".data-00000-of-00001"
    #expect(contents(folder(name + data)) == contents(fixture(reference + data)))
  }

  /// The tensors of two containers, name by name.
  private func expectSameTensors(_ a: any TensorSource, _ b: any TensorSource, except: Set<TensorName> = []) throws
  {
    #expect(
      a.tensors.map(\.name).filter { !except.contains($0) } == b.tensors.map(\.name).filter { !except.contains($0) }
    )
    for (index, info) in a.tensors.enumerated() where !except.contains(info.name) {
      let other = try #require(b.index(of: info.name))
      #expect(
        try a.checkedContents(of: index).bytes.array == b.checkedContents(of: other).bytes.array, "\(info.name)")
    }
  }

  @Test func averageIsTheReferenceScripts() throws {
    let run = try CheckpointRun(try [10, 20].map { try openCheckpoint(fixture("boliu/average/model.ckpt-\($0)")) })
    try write(try Averaging().plan(run), "mean")
    expectSameFiles("mean", "boliu/average/avg_c4h6_10_20.ckpt-0")
  }

  @Test func ensembleFillIsTheReferenceScripts() throws {
    let template = try openCheckpoint(fixture("boliu/ensemble/inference_model_10"))
    // The template was reduced to small tensors; the single models are whole.
    let models = try [1, 2].map { try openCheckpoint(fixture("boliu/single\($0)/inference_model_20")) }
    try write(try Filling(template: template, models: models).plan().plan, "filled")
    expectSameFiles("filled", "boliu/ensemble/inference_model_ensemble_AB-0")
  }

  @Test func appliedShadowsAreWhatTheReferenceExported() throws {
    let trained = try openCheckpoint(fixture("miha/ema/model.ckpt-3"))
    let names = Set(trained.tensors.map(\.name))
    try write(try Shadows(ShadowName()).applying(to: trained, stripping: true), "applied")
    let applied = try openCheckpoint(folder("applied"))
    try write(try OutputPlan(of: applied) { TensorRole(of: $0.name, among: names) != .optimizer }, "exported")
    try expectSameTensors(
      try openCheckpoint(folder("exported")), try openCheckpoint(fixture("miha/ema/eval_ema/inference_model")))
  }

  @Test func foldWithDecayZeroIsTheLastAndShadowsBeginEqual() throws {
    let sources = try [10, 20].map { try openCheckpoint(fixture("boliu/average/model.ckpt-\($0)")) }
    try write(try MovingAverage(decay: 0).fold(try CheckpointRun(sources)), "fold")
    try expectSameTensors(try openCheckpoint(folder("fold")), sources[1])
    try write(try Shadows(ShadowName(scope: "tower")).adding(to: sources[0]) { _ in true }, "shadowed")
    let shadowed = try openCheckpoint(folder("shadowed"))
    let names = Set(sources[0].tensors.map(\.name))
    for (index, info) in sources[0].tensors.enumerated() where TensorRole(of: info.name, among: names) == .model {
      let shadow = try #require(shadowed.index(of: TensorName("tower/\(info.name)/ExponentialMovingAverage")))
      #expect(
        try shadowed.checkedContents(of: shadow).bytes.array == sources[0].checkedContents(of: index).bytes.array)
    }
    try write(try Shadows.stripping(shadowed), "stripped")
    expectSameFiles("stripped", "boliu/average/model.ckpt-10")
  }

  @Test func foldRaisesTheDecayToTheStepDistance() throws {
    // 0.5^(1/10) per step and ten steps between the checkpoints: both weigh one half.
    let sources = try [10, 20].map { try openCheckpoint(fixture("boliu/average/model.ckpt-\($0)")) }
    let folded = try MovingAverage(halfLife: 10).fold(try CheckpointRun(sources))
    try write(folded, "fold")
    let (fold, mean) = (
      try openCheckpoint(folder("fold")), try openCheckpoint(fixture("boliu/average/avg_c4h6_10_20.ckpt-0"))
    )
    for (index, info) in fold.tensors.enumerated() where info.dtype == .float32 {
      let other = try #require(mean.index(of: info.name))
      let (a, b) = (try floats(fold, index), try floats(mean, other))
      #expect(zip(a, b).allSatisfy { abs($0 - $1) <= 1e-6 * max(abs($0), abs($1)) + 1e-12 }, "\(info.name)")
    }
    #expect(try fold.checkedContents(of: #require(fold.index(of: "global_step"))).bytes.array == [20, 0, 0, 0])
  }

  private func floats(_ source: any TensorSource, _ index: Int) throws -> [Float] {
    try source.checkedContents(of: index).bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }

  @Test func runsMustAgree() throws {
    let a = try openCheckpoint(fixture("boliu/average/model.ckpt-10"))
    let b = try openCheckpoint(fixture("boliu/single1/inference_model_20"))
    let error = #expect(throws: KernelError.self) { try CheckpointRun([a, b]) }
    #expect(error?.kind == .usage)
    var averaging = Averaging()
    averaging.weights = [1]
    #expect(throws: KernelError.self) { try averaging.plan(try CheckpointRun([a, a])) }
    averaging.weights = [0, 0]
    #expect(throws: KernelError.self) { try averaging.plan(try CheckpointRun([a, a])) }
    #expect(throws: KernelError.self) { try MovingAverage(decay: 0.5).fold(try CheckpointRun([a, a])) }
  }

  @Test func averagesOfEveryFloatTypeAreTheExactMeanRoundedOnce() throws {
    let values: [[Double]] = [[1, -3, 65504, 1e-7, 0.1], [2, 5, -1, 3e-7, 0.7], [4, 1, 9, 2e-7, 0.3]]
    for dtype in [DType.half, .bfloat16, .float32, .float64] {
      let sources = values.map { Constant(dtype: dtype, values: $0) }
      let name = "mean_\(dtype.name)"
      try write(try Averaging().plan(try CheckpointRun(sources)), name)
      let mean = try openCheckpoint(folder(name)).checkedContents(of: 0).bytes
      let stored = sources.map(\.stored)
      let exact = (0..<5).map { i in (stored[0][i] + stored[1][i] + stored[2][i]) / 3 }
      #expect(mean.array == Constant(dtype: dtype, values: exact).bytes.array, "\(dtype.name)")
    }
  }

  /// Expected values from Python's `fractions`: the exact weighted mean, rounded to float64 once.
  @Test func float64MeansAreExactDespiteCancellation() throws {
    let sources = [[1e16, 0.1, 1e308], [1, 0.2, 1e308], [-1e16, 0.7, 1e308]].map {
      Constant(dtype: .float64, values: $0)
    }
    try write(try Averaging().plan(try CheckpointRun(sources)), "mean")
    let mean = try openCheckpoint(folder("mean")).checkedContents(of: 0).bytes
    // The sum of the last column overflows, as it does in the reference script.
    #expect(mean.array == Constant(dtype: .float64, values: [1.0 / 3, 0.3333333333333333, .infinity]).bytes.array)
    var weighted = Averaging()
    weighted.weights = [3, 0.1, 3]
    try write(try weighted.plan(try CheckpointRun(sources)), "weighted")
    let result = try openCheckpoint(folder("weighted")).checkedContents(of: 0).bytes
    #expect(
      result.array.prefix(16)
        == Constant(dtype: .float64, values: [0.01639344262295082, 0.39672131147540984]).bytes.array[...])
  }

  @Test func castsReportWhatTheyLose() throws {
    let source = Constant(dtype: .float32, values: [1e6, -1e6, 1e-9, 0, 1])
    let (plan, reports) = try Casting(to: .half).plan(source) { _ in true }
    try write(plan, "half")
    #expect(reports.map(\.overflowCount) == [2] && reports.map(\.underflowCount) == [1])
    #expect(
      try openCheckpoint(folder("half")).checkedContents(of: 0).bytes.array == [
        0, 0x7c, 0, 0xfc, 0, 0, 0, 0, 0, 0x3c,
      ])
    try write(try Casting(to: .half, saturates: true).plan(source) { _ in true }.plan, "saturated")
    #expect(
      try openCheckpoint(folder("saturated")).checkedContents(of: 0).bytes.array.prefix(4) == [
        0xff, 0x7b, 0xff, 0xfb,
      ])
  }
}

/// A container of one tensor `w` with given values.
private struct Constant: TensorSource {
  let dtype: DType
  let bytes: ByteView

  init(dtype: DType, values: [Double]) {
    self.dtype = dtype
    var stored = [UInt8](repeating: 0, count: values.count * (dtype.byteCount ?? 1))
    stored.withUnsafeMutableBytes { out in
      values.withUnsafeBufferPointer { Widening.store($0, as: dtype, into: out, at: 0) }
    }
    bytes = ByteView(stored)
  }

  /// The values after rounding to the type.
  var stored: [Double] {
    let size = dtype.byteCount ?? 1
    return [Double](unsafeUninitializedCapacity: bytes.count / size) { buffer, count in
      count = bytes.count / size
      bytes.withUnsafeBytes {
        Widening.load(dtype, $0, from: 0, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
      }
    }
  }

  var path: String { "constant" }
  var tensors: [TensorInfo] {
    let count = bytes.count / (dtype.byteCount ?? 1)
    return [TensorInfo(name: "w", dtype: dtype, shape: Shape([count])!, byteCount: bytes.count)]
  }
  func contents(of index: Int) throws -> TensorContents { TensorContents(bytes: bytes) }
}
