import Bytes
import Tensors

/// How the features of videos are laid out as arrays, for numpy and whatever else reads `.npz`.
///
/// Of `n` videos,
/// - `id`, and any other single byte string, becomes an array of `n` strings;
/// - a feature of integers (`labels`), and one of floats whose number differs, becomes the values of all videos in a
///   row, and `labels_offsets` of `n + 1` numbers: video `i` has the values from `offsets[i]` up to `offsets[i + 1]`;
/// - a feature of as many floats in every video (`mean_rgb`; of records without feature lists only) becomes a matrix
///   with a row for each video;
/// - a feature list of byte strings of one length (`rgb`) becomes a matrix of bytes with a row for each frame, and
///   `rgb_offsets`.
///
/// A feature that a video does not have and one without values are the same here.
package struct VideoArrays: Sendable {
  static let offsetsSuffix = "_offsets"

  enum Form: Equatable, Sendable {
    case strings(width: Int)
    case matrix(columns: Int)
    case ragged(DType)
    case rows(width: Int)
  }

  struct Column: Sendable {
    let key: FeatureName
    let isList: Bool
    let form: Form
    /// Values of all videos; of lists, frames.
    let total: Int

    var name: String { key.description }
    var hasOffsets: Bool {
      switch form {
      case .strings, .matrix: false
      case .ragged, .rows: true
      }
    }
  }

  let videoCount: Int
  /// In the order of their names.
  let columns: [Column]
}

/// What one feature is like in the records seen so far.
private struct ColumnSurvey: Sendable {
  var isList: Bool
  var kind = Feature.Kind.none
  /// Values of a record, or frames, at least and at most, and of all records.
  var counts = (least: Int.max, most: 0, total: 0)
  /// Records that have the feature.
  var recordCount = 0
  /// Bytes of a string, at least and at most.
  var widths = (least: Int.max, most: 0)

  mutating func merge(_ other: ColumnSurvey) throws(ByteReader.Fault) {
    guard isList == other.isList, kind == .none || other.kind == .none || kind == other.kind else {
      throw .init(offset: 0, problem: "is of another kind than in records before")
    }
    if kind == .none { kind = other.kind }
    counts = (
      min(counts.least, other.counts.least), max(counts.most, other.counts.most), counts.total + other.counts.total
    )
    widths = (min(widths.least, other.widths.least), max(widths.most, other.widths.most))
    recordCount += other.recordCount
  }

  mutating func addString(_ string: UnsafeRawBufferPointer) {
    widths = (min(widths.least, string.count), max(widths.most, string.count))
  }
}

extension VideoArrays {
  /// Looks through all records once.
  ///
  /// - Throws: ``KernelError`` naming the feature that cannot be laid out, or the damaged record.
  init(surveying files: RereadableFiles, _ workers: Workers, progress: (Int) -> Void) throws {
    var videoCount = 0
    var surveys: [[UInt8]: ColumnSurvey] = [:]
    var done = 0
    try RecordScan(files, workers).run { path, slice in
      var surveys: [[UInt8]: ColumnSurvey] = [:]
      var count = 0
      try slice.forEach { record in
        try record.explaining(in: path) { try VideoArrays.survey(RecordMessage(record.payload), into: &surveys) }
        count += 1
      }
      return (surveys, count, slice.byteCount, path)
    } take: { (_, result: (surveys: [[UInt8]: ColumnSurvey], count: Int, byteCount: Int, path: String)) in
      videoCount += result.count
      for (key, survey) in VideoArrays.inOrder(result.surveys) {
        do {
          try surveys[key, default: ColumnSurvey(isList: survey.isList)].merge(survey)
        } catch let fault as ByteReader.Fault {
          let name = String(decoding: key, as: UTF8.self)
          throw KernelError(.badData, result.path, "feature \(name.printable) \(fault.problem)")
        }
      }
      done += result.byteCount
      progress(done)
    }
    let isSequence = surveys.values.contains(where: \.isList)
    self.videoCount = videoCount
    columns = try VideoArrays.inOrder(surveys).compactMap { key, survey in
      try VideoArrays.form(of: survey, key, videoCount, isSequence: isSequence).map {
        Column(key: FeatureName(key), isList: survey.isList, form: $0, total: survey.counts.total)
      }
    }
    let names = columns.flatMap { $0.hasOffsets ? [$0.name, $0.name + VideoArrays.offsetsSuffix] : [$0.name] }
    guard Set(names).count == names.count else {
      throw KernelError(.badData, "", "two features would become arrays of the same name")
    }
  }

  /// Sorted by key, so that of several faults the same is told on every run.
  private static func inOrder(_ surveys: [[UInt8]: ColumnSurvey]) -> [(key: [UInt8], value: ColumnSurvey)] {
    surveys.sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }

  private static func survey(
    _ message: RecordMessage, into surveys: inout [[UInt8]: ColumnSurvey]
  ) throws(ByteReader.Fault) {
    var seen: [[UInt8]: ColumnSurvey] = [:]
    try message.forEachFeature { key, feature throws(ByteReader.Fault) in
      var survey = ColumnSurvey(isList: false)
      survey.kind = feature.kind
      let count = try feature.count
      survey.counts = (count, count, count)
      survey.recordCount = 1
      try feature.forEachBytes { string throws(ByteReader.Fault) in survey.addString(string) }
      seen[Array(key)] = survey
    }
    try message.forEachFeatureList { key, list throws(ByteReader.Fault) in
      var survey = ColumnSurvey(isList: true)
      var count = 0
      try list.forEach { step throws(ByteReader.Fault) in
        guard let string = try step.singleBytes else {
          throw .init(
            offset: 0, problem: "a step of \(String(decoding: key, as: UTF8.self)) is not one byte string")
        }
        survey.kind = .bytes
        survey.addString(string)
        count += 1
      }
      survey.counts = (count, count, count)
      survey.recordCount = 1
      let key = Array(key)
      guard seen[key] == nil || seen[key]?.isList == true else {
        throw .init(offset: 0, problem: "\(String(decoding: key, as: UTF8.self)) is a feature and a feature list")
      }
      seen[key] = survey
    }
    for (key, survey) in inOrder(seen) {
      do { try surveys[key, default: ColumnSurvey(isList: survey.isList)].merge(survey) } catch {
        throw .init(
          offset: error.offset, problem: "feature \(String(decoding: key, as: UTF8.self)) \(error.problem)")
      }
    }
  }

  /// - Returns: `nil` for a feature that never has a value.
  private static func form(
    of survey: ColumnSurvey, _ key: [UInt8], _ videoCount: Int, isSequence: Bool
  ) throws -> Form? {
    func fail(_ problem: String) -> KernelError {
      KernelError(.badData, "", "feature \(String(decoding: key, as: UTF8.self).printable) \(problem)")
    }
    if survey.isList {
      guard survey.counts.total > 0 else { return nil }
      guard survey.widths.least == survey.widths.most, survey.widths.most > 0 else {
        throw fail("has frames of \(survey.widths.least) to \(survey.widths.most) bytes: no array can hold them")
      }
      return .rows(width: survey.widths.most)
    }
    let isInEach = survey.recordCount == videoCount && survey.counts.least == survey.counts.most
    switch survey.kind {
    case .none: return nil
    case .int64: return .ragged(.int64)
    case .float:
      return isInEach && !isSequence && survey.counts.most > 0
        ? .matrix(columns: survey.counts.most) : .ragged(.float32)
    case .bytes:
      guard isInEach, survey.counts.most == 1 else { throw fail("is not one byte string in every record") }
      return .strings(width: max(1, survey.widths.most))
    }
  }
}
