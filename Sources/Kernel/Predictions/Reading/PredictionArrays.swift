import Bytes
import Tensors

/// Predictions as arrays of numpy: `ids`, strings; `labels`, whole numbers, and `scores`, both with a row for each id
/// and as many columns as the longest row has pairs, where label -1 fills up shorter ones.
package struct PredictionArrays: Sendable {
  private let name: String
  private let ids: [[UInt8]]
  private let labels: ByteView
  private let scores: ByteView
  private let labelType: DType
  private let scoreType: DType
  private let columnCount: Int

  static let names = ["ids", "labels", "scores"]
  /// The label of a place that has no pair.
  static let filler: Int32 = -1

  /// Reads an `.npz` archive.
  ///
  /// Memory: the ids, and what ``NpzArchive`` says.
  ///
  /// - Throws: ``KernelError`` `.badData` when an array is missing or has another type or shape.
  package init(_ input: WholeInput) throws {
    let name = input.name
    let archive = try NpzArchive(input.bytes, path: name)
    func member(_ wanted: String) throws -> NpzArchive.Member {
      guard let member = archive.members.first(where: { $0.name == Array(wanted.utf8) }) else {
        throw KernelError(
          .badData, name, "there is no array \(wanted)", hint: "predictions are arrays ids, labels and scores")
      }
      return member
    }
    func fail(_ array: String, _ problem: String) -> KernelError {
      KernelError(.badData, name, at: .tensor(array), problem)
    }
    let (ids, labels, scores) = (try member("ids"), try member("labels"), try member("scores"))
    guard ids.header.shape.rank == 1,
      let strings = NpyStrings.decode(try archive.bytes(of: ids), ids.header.element)
    else { throw fail("ids", "is not a list of strings") }
    let shape = labels.header.shape
    guard shape.rank == 2, shape.dimensions[0] == strings.count else {
      throw fail("labels", "its shape is \(shape), but there are \(strings.count) ids")
    }
    guard scores.header.shape == shape else {
      throw fail("scores", "its shape is \(scores.header.shape), but that of labels is \(shape)")
    }
    guard case .number(let labelType, _) = labels.header.element, labelType == .int32 || labelType == .int64 else {
      throw fail("labels", "its elements are not int32 or int64")
    }
    guard case .number(let scoreType, _) = scores.header.element, scoreType == .float32 || scoreType == .float64
    else { throw fail("scores", "its elements are not float32 or float64") }
    self.name = name
    self.ids = strings
    self.labels = try archive.bytes(of: labels)
    self.scores = try archive.bytes(of: scores)
    self.labelType = labelType
    self.scoreType = scoreType
    columnCount = shape.dimensions[1]
  }

  /// The same predictions as the rows of a CSV file, with all their digits.
  func text(_ workers: Workers) throws -> WholeInput {
    try WholeInput(named: name) { sink in
      try sink.write(RowText.header + [UInt8(ascii: "\n")])
      try BlockWriting.write(rowCount: ids.count, format: .shortest, workers, to: sink) { rows, text in
        for row in rows { try append(row, to: &text) }
      }
    }
  }

  private func append(_ row: Int, to text: inout RowText) throws {
    var labels: [Int32] = []
    // A float32 is the double that it is: with fewer digits it might round differently when it is written.
    var scores: [Double] = []
    let id = String(decoding: ids[row], as: UTF8.self).printable
    for place in row * columnCount..<(row + 1) * columnCount {
      let label = label(place)
      if label == Int64(PredictionArrays.filler) { continue }
      guard label >= 0, label <= Int64(Int32.max) else {
        throw KernelError(.badData, name, at: .tensor("labels"), "video \(id): \(label) is not a label")
      }
      let score = score(place)
      guard score.magnitude <= Double(Float.greatestFiniteMagnitude) else {
        throw KernelError(
          .badData, name, at: .tensor("scores"), "video \(id): the score of label \(label) is \(score)")
      }
      labels.append(Int32(label))
      scores.append(score)
    }
    do {
      try ids[row].withUnsafeBytes { id in
        guard !id.isEmpty else { throw ByteReader.Fault(offset: 0, problem: "id \(row) is empty") }
        try labels.withUnsafeBufferPointer { labels in
          try scores.withUnsafeBufferPointer { try text.append(id: id, labels: labels, scores: $0) }
        }
      }
    } catch let fault as ByteReader.Fault {
      throw KernelError(.badData, name, at: .tensor("ids"), fault.problem)
    }
  }

  private func label(_ place: Int) -> Int64 {
    labels.withUnsafeBytes { bytes in
      labelType == .int32
        ? Int64(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * place, as: Int32.self)))
        : Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * place, as: Int64.self))
    }
  }

  private func score(_ place: Int) -> Double {
    scores.withUnsafeBytes { bytes in
      guard scoreType == .float32 else {
        let bits = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * place, as: UInt64.self))
        return Double(bitPattern: bits)
      }
      let bits = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * place, as: UInt32.self))
      return Double(Float(bitPattern: bits))
    }
  }
}

extension PredictionArrays {
  /// Writes the rows of `file` as an `.npz` archive of `ids` (byte strings), `labels` (int32) and `scores` (float32).
  ///
  /// Memory: a batch of rows.
  ///
  /// - Throws: ``KernelError`` `.badData` with the line of a broken row, `.cannotCreate` and `.io` for the archive.
  package static func write(
    _ file: PredictionFile, to path: String, existing: AtomicFile.Existing, _ workers: Workers
  ) throws {
    let blockSize = 1024
    let blockCount = (file.count + blockSize - 1) / blockSize
    let sizes = try workers.map(blockCount) { block -> (width: Int, columns: Int) in
      var pairs = PredictionPairs()
      var sizes = (width: 1, columns: 0)
      for row in block * blockSize..<min((block + 1) * blockSize, file.count) {
        try file.read(row, into: &pairs)
        sizes = (max(sizes.width, file.withRow(row) { $0.id.count }), max(sizes.columns, pairs.count))
      }
      return sizes
    }
    let width = sizes.reduce(1) { max($0, $1.width) }
    let columns = sizes.reduce(0) { max($0, $1.columns) }
    let arrays = try NpzArrays(
      plans(path, rows: file.count, width: width, columns: columns), to: path, existing: existing)
    let batchSize = 4 * workers.count
    for start in stride(from: 0, to: blockCount, by: batchSize) {
      let pieces = try workers.map(min(batchSize, blockCount - start)) { index -> Piece in
        let first = (start + index) * blockSize
        return try Piece(file, first..<min(first + blockSize, file.count), width: width, columns: columns)
      }
      for piece in pieces {
        try arrays.write(piece.ids, to: 0)
        try piece.labels.withUnsafeBytes { try arrays.write($0, to: 1) }
        try piece.scores.withUnsafeBytes { try arrays.write($0, to: 2) }
      }
    }
    try arrays.commit()
  }

  private static func plans(_ path: String, rows: Int, width: Int, columns: Int) throws -> [NpzArrays.Plan] {
    let list = Shape([rows])
    let matrix = Shape([rows, columns])
    let headers = [
      list.flatMap { NpyHeader.bytes(ofStrings: width, shape: $0) },
      matrix.flatMap { NpyHeader.bytes(of: .int32, shape: $0) },
      matrix.flatMap { NpyHeader.bytes(of: .float32, shape: $0) },
    ]
    let sizes = [rows.multipliedReportingOverflow(by: width), rows.multipliedReportingOverflow(by: 4 * columns)]
    guard !sizes.contains(where: \.overflow) else {
      throw KernelError(.badData, path, "\(rows) rows of \(columns) pairs are more than arrays can hold")
    }
    return try zip(names, zip(headers, [sizes[0], sizes[1], sizes[1]])).map { name, plan in
      guard let header = plan.0 else { throw KernelError(.badData, path, at: .tensor(name), "has no numpy form") }
      return NpzArrays.Plan(name: name, header: header, byteCount: plan.1.partialValue)
    }
  }

  /// The elements of the arrays for a block of rows.
  private struct Piece: Sendable {
    var ids: [UInt8] = []
    var labels: [Int32] = []
    var scores: [Float] = []

    init(_ file: PredictionFile, _ rows: Range<Int>, width: Int, columns: Int) throws {
      var pairs = PredictionPairs()
      for row in rows {
        try file.read(row, into: &pairs)
        try file.withRow(row) { row in
          guard row.id.last != 0 else {
            throw KernelError(.badData, file.name, "an id ends in a zero byte, which numpy's strings cannot")
          }
          ids.append(contentsOf: row.id)
          ids.append(contentsOf: repeatElement(0, count: width - row.id.count))
        }
        labels += pairs.labels.prefix(pairs.count).map(\.littleEndian)
        labels += repeatElement(PredictionArrays.filler.littleEndian, count: columns - pairs.count)
        scores += pairs.scores.prefix(pairs.count).map { Float($0) }
        scores += repeatElement(0, count: columns - pairs.count)
      }
    }
  }
}
