import Bytes
import Checkpoints
import Graphs
import Tensors

/// One way to store a tensor.
struct StoredTensor: Sendable {
  private enum Content: Sendable {
    case copy
    case half
    case codes(CodebookMaker.Made)
  }

  let tensor: WeightTensor
  let transform: Transform
  /// Bytes that it takes, with its codebook.
  let byteCount: Int
  private let content: Content
  private let tally: ErrorTally?
  private var known: ErrorSums?

  static func copy(_ tensor: WeightTensor) -> StoredTensor {
    StoredTensor(tensor, .float32, byteCount: tensor.info.byteCount, .copy, tally: nil)
  }

  static func half(_ tensor: WeightTensor) -> StoredTensor {
    StoredTensor(tensor, .float16, byteCount: 2 * tensor.count, .half, tally: ErrorTally())
  }

  static func codes(_ tensor: WeightTensor, _ made: CodebookMaker.Made, _ method: CodebookMethod) -> StoredTensor {
    let bits = made.codebook.bits
    let codes = CodePlanes(bits: bits, elementCount: tensor.count).byteCount
    return StoredTensor(
      tensor, .codes(method, bits: bits), byteCount: codes + 4 << bits, .codes(made), tally: ErrorTally())
  }

  private init(
    _ tensor: WeightTensor, _ transform: Transform, byteCount: Int, _ content: Content, tally: ErrorTally?
  ) {
    self.tensor = tensor
    self.transform = transform
    self.byteCount = byteCount
    self.content = content
    self.tally = tally
  }

  /// The same, with its errors known before it is written.
  func measured(_ workers: Workers) throws -> StoredTensor {
    guard known == nil else { return self }
    var measured = self
    switch content {
    case .copy: measured.known = ErrorSums()
    case .half: measured.known = try HalfMaker(tensor, tally: nil).errors(workers)
    case .codes(let made): measured.known = try CodeMaker(tensor, made.codebook, tally: nil).errors(workers)
    }
    return measured
  }

  /// Known when measured or written.
  var errors: ErrorSums { known ?? tally?.total ?? ErrorSums() }

  var bound: Double? {
    if case .codes(let made) = content { made.bound } else { nil }
  }

  /// What takes its place in the graph; `nil` when nothing does.
  var storage: ReadReplacement.Storage? {
    switch content {
    case .copy: nil
    case .half: .narrow(.half)
    case .codes(let made): made.codebook.bits == 8 ? .codebook(256) : .packed(made.codebook.bits)
    }
  }

  /// The tensors to write for the variable `name`.
  func planned(as name: String) -> [PlannedTensor] {
    guard let storage else { return [PlannedTensor(copying: tensor.ref)] }
    let replacement = ReadReplacement(name, storage)
    func made(_ name: String, _ dtype: DType, _ shape: Shape, _ content: PlannedTensor.Content) -> PlannedTensor {
      let byteCount = shape.byteCount(of: dtype) ?? 0
      return PlannedTensor(
        info: TensorInfo(name: TensorName(name), dtype: dtype, shape: shape, byteCount: byteCount),
        content: content, placement: tensor.ref.placement)
    }
    switch content {
    case .copy: return []
    case .half:
      let maker = HalfMaker(tensor, tally: known == nil ? tally : nil)
      return [made(replacement.storedName, .half, tensor.info.shape, .made(maker))]
    case .codes(let codes):
      let maker = CodeMaker(tensor, codes.codebook, tally: known == nil ? tally : nil)
      let shape = codes.codebook.bits == 8 ? tensor.info.shape : Shape([maker.planes.byteCount]) ?? .scalar
      let levels = codes.codebook.stored.flatMap { level in withUnsafeBytes(of: level) { Array($0) } }
      return [
        made(replacement.storedName, .uint8, shape, .made(maker)),
        made(
          replacement.codebookName, .float32, Shape([codes.codebook.levels.count]) ?? .scalar,
          .bytes(ByteView(levels))),
      ]
    }
  }
}
