import Bytes

/// What the records of a file, or of several, are like.
package struct RecordSummary: Sendable {
  package private(set) var recordCount = 0
  /// Bytes of payloads.
  package private(set) var payloadByteCount = 0
  /// Lengths of payloads.
  package private(set) var payloadLengths = CountRange()
  /// For each form of ``RecordForm`` how many records have it.
  private var formCounts = RecordForm.allCases.map { _ in 0 }
  private var table = FeatureTable()

  package init() {}

  package func recordCount(of form: RecordForm) -> Int { formCounts[form.position] }

  /// Features (and context features) by name, then feature lists by name.
  package var features: [FeatureSummary] {
    table.features.sorted { a, b in
      a.isList == b.isList ? a.key.lexicographicallyPrecedes(b.key) : b.isList
    }
  }

  /// Adds a record by its length alone.
  @inline(__always)
  package mutating func add(lengthOf payload: UnsafeRawBufferPointer) {
    recordCount += 1
    payloadByteCount += payload.count
    payloadLengths.insert(payload.count)
  }

  /// Adds a record with its features; of those that are no examples only the number.
  package mutating func add(_ payload: UnsafeRawBufferPointer) {
    add(lengthOf: payload)
    var form = RecordForm(of: payload)
    if form == .example || form == .sequence {
      // Nothing is thrown, because the form was judged by every byte.
      do { try addFeatures(of: RecordMessage(payload), form) } catch { form = .other }
    }
    formCounts[form.position] += 1
  }

  private mutating func addFeatures(of message: RecordMessage, _ form: RecordForm) throws(ByteReader.Fault) {
    table.beginRecord()
    try message.forEachFeature { key, feature throws(ByteReader.Fault) in
      try table.add(feature, at: table.position(of: key, isList: false))
    }
    guard form == .sequence else { return }
    try message.forEachFeatureList { key, list throws(ByteReader.Fault) in
      try table.add(list, at: table.position(of: key, isList: true))
    }
  }

  package mutating func merge(_ other: RecordSummary) {
    recordCount += other.recordCount
    payloadByteCount += other.payloadByteCount
    payloadLengths.merge(other.payloadLengths)
    for form in formCounts.indices { formCounts[form] += other.formCounts[form] }
    table.merge(other.table)
  }
}

extension RecordForm {
  fileprivate var position: Int {
    switch self {
    case .empty: 0
    case .example: 1
    case .sequence: 2
    case .other: 3
    }
  }
}

/// What a record file is like.
package struct RecordFileSummary: Sendable {
  package let path: String
  package let compression: RecordCompression
  /// Bytes of the file as it is stored, compressed; of a stream, of what was read from it.
  package let byteCount: Int
  package let records: RecordSummary
  /// All records of the file, those outside the part of the job too.
  package let recordCount: Int

  /// Looks at every record of `path`, on all cores.
  ///
  /// Memory: a chunk of 8 MiB, or the largest record; and the names of the features.
  ///
  /// - Parameters:
  ///   - isQuick: whether only lengths are looked at (and checked), not contents and their checksums.
  ///   - shard: the part of the records to look at.
  ///   - earlierCount: how many records the files before this one have.
  ///   - progress: called with the bytes of records read so far.
  /// - Throws: ``KernelError`` for the first damage.
  package init(
    _ path: String, _ workers: Workers, isQuick: Bool = false, shard: RecordShard? = nil, earlierCount: Int = 0,
    progress: (Int) -> Void = { _ in }
  ) throws {
    var summary = RecordSummary()
    var done = 0
    var recordCount = 0
    var scan = RecordScan([path], workers, shard: shard, checksPayloads: !isQuick)
    scan.earlierCount = earlierCount
    let end = try scan.run { _, records in
      var summary = RecordSummary()
      try records.forEach { record in
        if isQuick { summary.add(lengthOf: record.payload) } else { summary.add(record.payload) }
      }
      return (summary, records.recordCount, records.byteCount)
    } take: { (_, found: (summary: RecordSummary, recordCount: Int, byteCount: Int)) in
      summary.merge(found.summary)
      recordCount += found.recordCount
      done += found.byteCount
      progress(done)
    }
    self.path = end[0].path
    compression = end[0].compression
    byteCount = FileStatus(path)?.size ?? end[0].byteCount
    records = summary
    self.recordCount = recordCount
  }
}
