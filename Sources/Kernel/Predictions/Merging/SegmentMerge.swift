import Bytes
import Synchronization

/// Several files of ranked segments made one, by rank: in each class a segment gets from each file the file's weight
/// times the weight of its place there, and from files without it nothing (specs: tm_google §6.2).
///
/// Classes are merged on all cores. Memory: 8 × threads classes of the result, and for each thread at most some 200
/// bytes for each segment of its class; pages of the files are given back as classes are done. Nine files of
/// 100,000 segments a class take 142 MB on two threads, however many classes they have.
package struct SegmentMerge: Sendable {
  /// How to merge ranked segments.
  package struct Options: Equatable, Sendable {
    /// In which order the classes come.
    package enum ClassOrder: String, Sendable, CaseIterable {
      /// That of the first file, then those that only the second has, and so on.
      case first
      /// That of the class numbers as text, as the 2019 notebook has it: 0, 1, 10, 2.
      case text
    }

    /// How ranks count; the shape of a place's weight is `w0 / (i + w0)`, or `(n - i) / n` for `nil`.
    package var w0: Double?
    /// A weight for each file; equal ones when empty.
    package var weights: [Double] = []
    /// The most segments that a class gets; the leaderboard of 2019 took 100000.
    package var topK = 100_000
    package var classOrder = ClassOrder.first
    package var rows = MergeOptions.Rows.union
    /// Whether lines end in CR LF, as Python's csv module writes them.
    package var usesCRLF = false

    package init(w0: Double? = SegmentMerge.publishedW0) { self.w0 = w0 }
  }

  /// What was written.
  package struct Report: Equatable, Sendable {
    package var classCount = 0
    /// Classes of the result that not all files have.
    package var partialCount = 0
    /// For each file, how many classes of the result it does not have.
    package var lacking: [Int]
    /// Classes that got the template's line because no file has them.
    package var filled: [Int32] = []
    /// Classes of the files that are not in the result.
    package var leftOut: [Int32] = []
  }

  /// The w0 of the 2019 9th place's merges of shifted runs.
  package static let publishedW0 = 3.72384689385059

  private let files: [SegmentFile]
  private let options: Options
  private let weights: [Double]

  /// - Throws: ``KernelError`` `.usage` when there is no file or the options make no sense.
  package init(_ files: [SegmentFile], _ options: Options) throws {
    guard !files.isEmpty else { throw KernelError(.usage, "", "there is nothing to merge") }
    guard options.topK > 0 else {
      throw KernelError(.usage, "", "the best \(options.topK) segments of each class")
    }
    if let w0 = options.w0 { try MergeRule.place(w0: w0).check() }
    self.files = files
    self.options = options
    weights = try MergeOptions.checked(options.weights, count: files.count)
  }

  /// Writes the header and a line for each class.
  ///
  /// - Parameter template: the classes wanted, in this order; one that no file has gets its line.
  /// - Throws: ``KernelError`` `.badData` with file and line for a segment that is there twice, and what the sink throws.
  package func write(
    to sink: any ByteSink, template: SegmentFile? = nil, _ workers: Workers,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> Report {
    let end = options.usesCRLF ? Array("\r\n".utf8) : Array("\n".utf8)
    let (classes, report) = plan(template)
    let sink = LateHeader((files[0].header ?? SegmentFile.header) + end, into: sink)
    let pool = Pool { SegmentSums() }
    try BlockWriting.write(rowCount: classes.count, blockSize: 1, workers, to: sink) { done in
      progress(done, classes.count)
    } _: { block, text in
      for number in block {
        let merged = classes[number]
        text.append(label: merged.label)
        text.append(byte: UInt8(ascii: ","))
        if merged.rows.allSatisfy({ $0 < 0 }), let template, let row = merged.templateRow {
          template.withIDs(row) { SegmentMerge.append($0, to: &text) }
        } else {
          try pool.with { try merge(merged.rows, 0, &$0, &text) }
        }
        end.withUnsafeBytes { text.append($0) }
        for (file, row) in zip(files, merged.rows) where row >= 0 { file.releaseRow(row) }
      }
    }
    try sink.finish()
    return report
  }

  private static func append(_ ids: SegmentIDs, to text: inout RowText) {
    var isFirst = true
    for id in ids {
      if !isFirst { text.append(byte: UInt8(ascii: " ")) }
      text.append(id)
      isFirst = false
    }
  }

  /// Adds the rows of the files from `index` on, each of which must stay in place until all are written.
  private func merge(_ rows: [Int], _ index: Int, _ sums: inout SegmentSums, _ text: inout RowText) throws {
    if index == 0 { sums.reset() }
    guard index < files.count else {
      var isFirst = true
      sums.forEachBest(options.topK) { id in
        if !isFirst { text.append(byte: UInt8(ascii: " ")) }
        text.append(id)
        isFirst = false
      }
      return
    }
    guard rows[index] >= 0 else { return try merge(rows, index + 1, &sums, &text) }
    let file = files[index]
    try file.withIDs(rows[index]) { ids in
      let weight = weights[index]
      let number = Int32(truncatingIfNeeded: index)
      do {
        if let w0 = options.w0 {
          try sums.add(ids, file: number) { weight * (w0 / (Double($0) + w0)) }
        } else {
          let count = Double(ids.reduce(0) { count, _ in count + 1 })
          try sums.add(ids, file: number) { weight * ((count - Double($0)) / count) }
        }
      } catch let fault as ByteReader.Fault {
        let row = file.rows[rows[index]]
        throw KernelError(
          .badData, file.name, at: .line(row.lineNumber), "class \(row.label): \(fault.problem)")
      }
      try merge(rows, index + 1, &sums, &text)
    }
  }
}

/// Which classes there will be.
extension SegmentMerge {
  private struct MergedClass: Sendable {
    let label: Int32
    /// Its row in each file, or -1.
    var rows: [Int]
    var templateRow: Int?
  }

  private func plan(_ template: SegmentFile?) -> ([MergedClass], Report) {
    var classes: [MergedClass] = []
    var places: [Int32: Int] = [:]
    func place(of label: Int32) -> Int {
      if let place = places[label] { return place }
      places[label] = classes.count
      classes.append(MergedClass(label: label, rows: files.map { _ in -1 }))
      return classes.count - 1
    }
    if let template {
      for (row, content) in template.rows.enumerated() { classes[place(of: content.label)].templateRow = row }
    }
    for (number, file) in files.enumerated() {
      for (row, content) in file.rows.enumerated() { classes[place(of: content.label)].rows[number] = row }
    }
    var report = Report(lacking: files.map { _ in 0 })
    classes = classes.filter { merged in
      let isIn = template == nil ? isWanted(merged) : merged.templateRow != nil
      if !isIn { report.leftOut.append(merged.label) }
      return isIn
    }
    if options.classOrder == .text {
      classes.sort { String($0.label).utf8.lexicographicallyPrecedes(String($1.label).utf8) }
    }
    for merged in classes {
      let lackCount = merged.rows.filter { $0 < 0 }.count
      for index in files.indices where merged.rows[index] < 0 { report.lacking[index] += 1 }
      if lackCount == files.count { report.filled.append(merged.label) }
      if lackCount > 0 { report.partialCount += 1 }
    }
    report.classCount = classes.count
    return (classes, report)
  }

  private func isWanted(_ merged: MergedClass) -> Bool {
    switch options.rows {
    case .union: true
    case .intersection: merged.rows.allSatisfy { $0 >= 0 }
    case .first: merged.rows[0] >= 0
    }
  }
}
