import Bytes
import Tensors

extension VideoArrays {
  /// Writes the features of all records of `files` to the `.npz` archive `path`, laid out as ``VideoArrays`` says.
  ///
  /// The records are read twice. Memory: a chunk of 8 MiB, or the largest record, and its arrays.
  ///
  /// - Parameter progress: called with the bytes of records read so far, of two times all.
  /// - Returns: the number of videos.
  /// - Throws: ``KernelError`` naming the feature that no array can hold, or the damaged record.
  package static func write(
    _ files: [String], to path: String, existing: AtomicFile.Existing, _ workers: Workers,
    progress: (Int) -> Void = { _ in }
  ) throws -> Int {
    try AtomicFile.checkTarget(path, existing: existing)
    let files = try RereadableFiles(files)
    var done = 0
    let layout = try VideoArrays(surveying: files, workers) {
      done = $0
      progress($0)
    }
    let archive = try NpzArrays(try layout.plans(path), to: path, existing: existing)
    // Where the next video's values begin, of each column.
    var ends = layout.columns.map { _ in Int64(0) }
    for (number, column) in layout.columns.enumerated() where column.hasOffsets {
      try withUnsafeBytes(of: Int64(0)) { try archive.write($0, to: layout.offsetsArray(number)) }
    }
    try RecordScan(files, workers).run { path, slice in
      var pieces = ColumnPieces(layout)
      try slice.forEach { record in
        try record.explaining(in: path) { try pieces.add(RecordMessage(record.payload)) }
      }
      return (pieces, slice.byteCount)
    } take: { (_, result: (pieces: ColumnPieces, byteCount: Int)) in
      for number in layout.columns.indices {
        try result.pieces.values[number].withUnsafeBytes { try archive.write($0, to: layout.array(number)) }
        guard layout.columns[number].hasOffsets else { continue }
        let offsets = result.pieces.counts[number].map { count -> Int64 in
          ends[number] += Int64(count)
          return ends[number].littleEndian
        }
        try offsets.withUnsafeBytes { try archive.write($0, to: layout.offsetsArray(number)) }
      }
      done += result.byteCount
      progress(done)
    }
    try archive.commit()
    return layout.videoCount
  }

  /// The number of a column's array in the archive; its offsets, if it has any, follow it.
  private func array(_ column: Int) -> Int {
    column + columns[..<column].reduce(0) { $0 + ($1.hasOffsets ? 1 : 0) }
  }

  private func offsetsArray(_ column: Int) -> Int { array(column) + 1 }

  private func plans(_ path: String) throws -> [NpzArrays.Plan] {
    var plans: [NpzArrays.Plan] = []
    func add(_ name: String, _ dimensions: [Int], elementSize: Int, _ header: (Shape) -> [UInt8]?) throws {
      guard let shape = Shape(dimensions), let header = header(shape),
        case let (byteCount, overflow) = shape.elementCount.multipliedReportingOverflow(by: elementSize), !overflow
      else { throw KernelError(.badData, path, at: .tensor(name), "an array of this size is not possible") }
      plans.append(.init(name: name, header: header, byteCount: byteCount))
    }
    func add(_ name: String, _ dimensions: [Int], _ dtype: DType) throws {
      try add(name, dimensions, elementSize: dtype.byteCount ?? 1) { NpyHeader.bytes(of: dtype, shape: $0) }
    }
    for column in columns {
      switch column.form {
      case .strings(let width):
        try add(column.name, [videoCount], elementSize: width) { NpyHeader.bytes(ofStrings: width, shape: $0) }
      case .matrix(let count): try add(column.name, [videoCount, count], .float32)
      case .ragged(let dtype): try add(column.name, [column.total], dtype)
      case .rows(let width): try add(column.name, [column.total, width], .uint8)
      }
      if column.hasOffsets { try add(column.name + VideoArrays.offsetsSuffix, [videoCount + 1], .int64) }
    }
    return plans
  }
}

/// The elements of each column for some records.
private struct ColumnPieces: Sendable {
  private(set) var values: [[UInt8]]
  /// How many values, or frames, each record has.
  private(set) var counts: [[Int]]
  private let layout: VideoArrays
  private var numbers: [FeatureName: Int] = [:]

  init(_ layout: VideoArrays) {
    self.layout = layout
    for (number, column) in layout.columns.enumerated() { numbers[column.key] = number }
    values = layout.columns.map { _ in [] }
    counts = layout.columns.map { _ in [] }
  }

  mutating func add(_ message: RecordMessage) throws(ByteReader.Fault) {
    // Of equal names the last counts.
    var features = [Feature?](repeating: nil, count: layout.columns.count)
    var lists = [FeatureList?](repeating: nil, count: layout.columns.count)
    try message.forEachFeature { key, feature throws(ByteReader.Fault) in
      if let number = numbers[FeatureName(key)], !layout.columns[number].isList { features[number] = feature }
    }
    try message.forEachFeatureList { key, list throws(ByteReader.Fault) in
      if let number = numbers[FeatureName(key)], layout.columns[number].isList { lists[number] = list }
    }
    for number in layout.columns.indices {
      if let list = lists[number] {
        counts[number].append(try add(list, number))
      } else {
        counts[number].append(
          try features[number].map { feature throws(ByteReader.Fault) in try add(feature, number) } ?? 0)
      }
    }
  }

  private mutating func add(_ list: FeatureList, _ number: Int) throws(ByteReader.Fault) -> Int {
    var count = 0
    try list.forEach { step throws(ByteReader.Fault) in
      try step.forEachBytes { values[number].append(contentsOf: $0) }
      count += 1
    }
    return count
  }

  private mutating func add(_ feature: Feature, _ number: Int) throws(ByteReader.Fault) -> Int {
    var count = 0
    let column = layout.columns[number]
    switch column.form {
    case .strings(let width):
      let string = try feature.singleBytes ?? UnsafeRawBufferPointer(start: nil, count: 0)
      guard string.last != 0 else {
        throw .init(offset: 0, problem: "\(column.name) ends in a zero byte, which numpy's strings cannot")
      }
      values[number].append(contentsOf: string)
      values[number].append(contentsOf: repeatElement(0, count: width - string.count))
      count = 1
    case .ragged(.int64):
      try feature.forEachInt64 { value throws(ByteReader.Fault) in
        values[number].append(fixed64: UInt64(bitPattern: value))
        count += 1
      }
    default:
      try feature.forEachFloats { run throws(ByteReader.Fault) in
        values[number].append(contentsOf: run)
        count += run.count / 4
      }
    }
    return count
  }
}
