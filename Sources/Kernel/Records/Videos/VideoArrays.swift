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
/// A feature that a video does not have and one without values are the same here; one that has no value in any video has
/// no array, but a list has, of no rows.
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

  /// Every video has a place in every array, so that many would take more memory than the videos.
  static let columnLimit = 1000

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
    let most = max(widths.most, other.widths.most)
    if isList, counts.total > 0, other.counts.total > 0, min(widths.least, other.widths.least) != most {
      throw .init(
        offset: 0, problem: "has frames of \(widths.most) and of \(other.widths.most) bytes: no array can hold them"
      )
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
          try VideoArrays.checkCount(surveys)
        } catch let fault as ByteReader.Fault {
          let name = String(decoding: key, as: UTF8.self)
          throw KernelError(.badData, result.path, "feature \(name.printable) \(fault.problem)")
        }
      }
      done += result.byteCount
      progress(done)
    }
    let isSequence = surveys.values.contains(where: \.isList)
    let subject = files.names.joined(separator: ", ")
    self.videoCount = videoCount
    columns = try VideoArrays.inOrder(surveys).compactMap { key, survey in
      guard String(validating: key, as: UTF8.self) != nil else {
        throw KernelError(.badData, subject, "the name of a feature is not UTF-8")
      }
      return try VideoArrays.form(of: survey, key, videoCount, isSequence: isSequence, subject).map {
        Column(key: FeatureName(key), isList: survey.isList, form: $0, total: survey.counts.total)
      }
    }
    guard videoCount == 0 || columns.contains(where: { $0.key == "id" }) else {
      throw KernelError(.badData, subject, "no record has an id, by which arrays tell videos apart")
    }
    var names: Set<[UInt8]> = []
    for column in columns {
      for name in column.hasOffsets ? [column.name, column.name + VideoArrays.offsetsSuffix] : [column.name] {
        guard names.insert(Array(name.utf8)).inserted else {
          throw KernelError(.badData, subject, "two features would become arrays named \(name.printable)")
        }
      }
    }
  }

  private static func checkCount(_ surveys: [[UInt8]: ColumnSurvey]) throws(ByteReader.Fault) {
    guard surveys.count <= columnLimit else {
      throw .init(offset: 0, problem: "with it the videos have over \(columnLimit) features, too many for arrays")
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
        guard survey.widths.least == survey.widths.most, survey.widths.most > 0 else {
          throw .init(
            offset: 0,
            problem: "the frames of \(String(decoding: key, as: UTF8.self)) have \(survey.widths.least) to"
              + " \(survey.widths.most) bytes: no array can hold them")
        }
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
    try checkCount(seen)
    for (key, survey) in inOrder(seen) {
      do throws(ByteReader.Fault) {
        try surveys[key, default: ColumnSurvey(isList: survey.isList)].merge(survey)
        try checkCount(surveys)
      } catch {
        throw .init(
          offset: error.offset, problem: "feature \(String(decoding: key, as: UTF8.self)) \(error.problem)")
      }
    }
  }

  /// - Returns: `nil` for a feature that never has a value.
  private static func form(
    of survey: ColumnSurvey, _ key: [UInt8], _ videoCount: Int, isSequence: Bool, _ subject: String
  ) throws -> Form? {
    func fail(_ problem: String) -> KernelError {
      KernelError(.badData, subject, "feature \(String(decoding: key, as: UTF8.self).printable) \(problem)")
    }
    if survey.isList { return .rows(width: max(1, survey.widths.most)) }
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
