import Bytes
import Execution
import Inference
import Records
import Tensors

/// The rows of a batch while they are filled, each by one thread.
struct BatchRows: @unchecked Sendable {
  // Sendable holds because no two threads have the same row.
  private let schema: VideoSchema
  private let classCount: Int
  private let features: OwnedBuffer
  private let labels: OwnedBuffer
  private let teacher: OwnedBuffer?

  private var rowSize: Int { schema.rowSize * (schema.level == .frame ? schema.maxFrames : 1) }

  /// Rows for `count` videos.
  ///
  /// - Throws: ``KernelError`` `.io` when there is no memory for them.
  init(_ count: Int, _ options: InputOptions, features: OwnedBuffer) throws {
    schema = options.schema
    classCount = options.classCount
    self.features = features
    let (size, overflow) = count.multipliedReportingOverflow(by: options.classCount)
    guard !overflow, size <= 1 << 40 else {
      throw KernelError(.io, "", "\(count) videos of \(options.classCount) classes are too many for the memory")
    }
    labels = try OwnedBuffer(ifThereIsRoomFor: size)
    teacher = try options.hasTeacher ? OwnedBuffer(ifThereIsRoomFor: 4 * size) : nil
  }

  /// Fills `row` with what `waiting` holds.
  ///
  /// - Throws: ``KernelError`` `.badData` naming the record, when it is damaged or no such video.
  func fill(_ row: Int, with waiting: WaitingRecord) throws -> VideoBatch.Member {
    try waiting.withRecord { record in
      try record.check(in: waiting.path)
      var member = VideoBatch.Member(path: waiting.path)
      let floats = features.bytes.bindMemory(to: Float.self)
      let target = SharedRows(rows: floats, rowSize: rowSize)[row]
      do { try member.read(record, schema, into: target, labels: true) } catch let fault as ByteReader.Fault {
        throw record.error(in: waiting.path, fault.problem, hint: schema.expectation)
      }
      try record.explaining(in: waiting.path) {
        try setLabels(row, member.labels)
        if let teacher { try read(record, teacher: part(of: teacher, row)) }
      }
      return member
    }
  }

  private func setLabels(_ row: Int, _ numbers: [Int32]) throws(ByteReader.Fault) {
    if let label = numbers.last, Int(label) >= classCount {
      throw ByteReader.Fault(
        offset: 0, problem: "label \(label) is no class: there are the classes 0 to \(classCount - 1)")
    }
    let target = UnsafeMutableRawBufferPointer(rebasing: labels.bytes[row * classCount..<(row + 1) * classCount])
    target.initializeMemory(as: UInt8.self, repeating: 0)
    for label in numbers { target[Int(label)] = 1 }
  }

  private func part(of buffer: OwnedBuffer, _ row: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[4 * row * classCount..<4 * (row + 1) * classCount])
  }

  private func read(_ record: Record, teacher row: UnsafeMutableRawBufferPointer) throws(ByteReader.Fault) {
    guard let feature = try RecordMessage(record.payload).feature("predictions") else {
      throw ByteReader.Fault(
        offset: 0, problem: "there are no predictions: it is not of a set that was made for distillation")
    }
    var filled = 0
    try feature.forEachFloats { run throws(ByteReader.Fault) in
      guard run.count <= row.count - filled else {
        throw ByteReader.Fault(offset: 0, problem: "there are predictions for more than \(classCount) classes")
      }
      UnsafeMutableRawBufferPointer(rebasing: row[filled..<filled + run.count]).copyMemory(from: run)
      filled += run.count
    }
    guard filled == row.count else {
      throw ByteReader.Fault(
        offset: 0, problem: "there are predictions for \(filled / 4) classes, not for \(classCount)")
    }
  }

  /// Copies one row over another.
  func move(_ row: Int, to other: Int) {
    guard row != other else { return }
    for (buffer, size) in [(features, 4 * rowSize), (labels, classCount)]
      + (teacher.map { [($0, 4 * classCount)] } ?? [])
    {
      UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[other * size..<(other + 1) * size])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer.bytes[row * size..<(row + 1) * size]))
    }
  }

  /// The first `count` rows as tensors.
  func tensors(_ count: Int) throws -> (features: Tensor, labels: Tensor, teacher: Tensor?) {
    let frames = schema.level == .frame ? [schema.maxFrames] : []
    func tensor(_ buffer: OwnedBuffer, _ dtype: DType, _ rest: [Int]) throws -> Tensor {
      let shape = Shape([count] + rest) ?? .scalar
      let bytes = UnsafeRawBufferPointer(rebasing: buffer.bytes[..<(shape.byteCount(of: dtype) ?? 0)])
      return try Tensor(dtype, shape, bytes: ByteView(unsafe: bytes, owner: buffer))
    }
    return (
      try tensor(features, .float32, frames + [schema.rowSize]), try tensor(labels, .bool, [classCount]),
      try teacher.map { try tensor($0, .float32, [classCount]) }
    )
  }
}
