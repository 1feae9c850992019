import Bytes

/// What a leaderboard would refuse in a prediction file, all of it.
///
/// Memory: that of a ``PredictionFile`` for each of the two files, 8 bytes a row, and the findings.
package struct SubmissionCheck: Sendable {
  /// What the challenge allows.
  package struct Limits: Sendable {
    /// Labels are below.
    package var classCount = 3862
    /// Pairs of a video.
    package var pairCount = 20
    /// Segments of a class.
    package var segmentCount = 100_000

    package init() {}
  }

  /// In the order of the file; what it misses comes last.
  package internal(set) var findings: [KernelError] = []
  /// Lines after the header.
  package internal(set) var rowCount = 0

  /// Whether the last line ends as lines do: one that does not may have been cut, even if it reads well.
  package let endsInLineFeed: Bool

  /// What messages call the file.
  package let file: String
  let limits: Limits

  /// Checks predictions of videos or ranked segments, whichever `input` holds.
  ///
  /// - Parameter template: a file with all the rows that are wanted, in any order (`sample_submission.csv`).
  /// - Throws: ``KernelError`` when the template itself is broken, or the input is no CSV file.
  package init(_ input: WholeInput, template: WholeInput? = nil, _ limits: Limits = Limits()) throws {
    file = input.name
    self.limits = limits
    endsInLineFeed = input.bytes.withUnsafeBytes { $0.last.map { $0 == UInt8(ascii: "\n") } ?? true }
    if input.bytes.withUnsafeBytes({ $0.starts(with: [0xef, 0xbb, 0xbf]) }) {
      find(.line(1), "begins with a byte order mark, which becomes a part of the header")
    }
    switch PredictionFormat(input.bytes) {
    case .videos: checkVideos(input, try template.map { try PredictionFile($0) })
    case .segments: checkSegments(input, try template.map { try SegmentFile($0) })
    case .jsonLines, .npz:
      throw KernelError(
        .badData, input.name, "is no CSV file, which a leaderboard wants",
        hint: "merge-preds convert makes one of it")
    }
  }

  mutating func find(_ place: KernelError.Place?, _ problem: String, hint: String? = nil) {
    findings.append(KernelError(.badData, file, at: place, problem, hint: hint))
  }

  /// Finds the header wanting unless it is `expected`.
  mutating func checkHeader(_ header: UnsafeRawBufferPointer, _ expected: [UInt8]) {
    guard !header.elementsEqual(expected) else { return }
    let found = String(decoding: header.prefix(80), as: UTF8.self).printable
    find(.line(1), "the header is '\(found)', not '\(String(decoding: expected, as: UTF8.self))'")
  }
}

extension SubmissionCheck {
  private mutating func checkVideos(_ input: WholeInput, _ template: PredictionFile?) {
    var index = RowIndex(capacity: input.bytes.withUnsafeBytes { PredictionFile.estimatedRowCount($0) })
    var seen = RepeatedLabels()
    // Counting lines for each repeated id would take as long as there are rows, each time.
    var lineNumbers: [Int] = []
    var isThere = [Bool](repeating: false, count: template?.count ?? 0)
    var pairs = PredictionPairs()
    input.bytes.withUnsafeBytes { bytes in
      var lines = TextLines(bytes)
      if let header = lines.next() {
        checkHeader(UnsafeRawBufferPointer(rebasing: bytes[header]), template?.header ?? RowText.header)
      } else {
        find(nil, "is empty")
      }
      while let line = lines.next() {
        rowCount += 1
        do {
          let row = UnsafeRawBufferPointer(rebasing: bytes[line])
          var fields = CSVFields(row)
          guard let id = try fields.next(), fields.rest != nil else {
            throw ByteReader.Fault(offset: 0, problem: "the row has a single column")
          }
          guard !id.isEmpty else { throw ByteReader.Fault(offset: 0, problem: "the id is empty") }
          // The pairs are read while what the index needs is on its way.
          let key = index.key(id)
          let broken = read(PredictionRow(bytes, at: line.lowerBound), &pairs)
          if let earlier = try index.insert(key, at: line.lowerBound, in: bytes) {
            let first = lineNumbers[earlier]
            find(.line(lines.number), "video \(SubmissionCheck.text(id)) is in line \(first) already")
          } else {
            lineNumbers.append(lines.number)
          }
          if let template {
            if let number = template.number(of: id, guess: index.count - 1) {
              isThere[number] = true
            } else {
              find(.line(lines.number), "video \(SubmissionCheck.text(id)) is not in \(template.name)")
            }
          }
          if let broken { throw broken }
          checkPairs(pairs, &seen, .line(lines.number))
        } catch let fault as ByteReader.Fault { find(.line(lines.number), fault.problem) } catch {
          find(.line(lines.number), "\(error)")
        }
      }
    }
    if rowCount == 0, !findings.contains(where: { $0.problem == "is empty" }) { find(nil, "has no rows") }
    guard let template else { return }
    for number in isThere.indices where !isThere[number] {
      find(nil, "there is no row for video \(template.withRow(number) { $0.idText }.printable)")
    }
  }

  private func read(_ row: PredictionRow, _ pairs: inout PredictionPairs) -> ByteReader.Fault? {
    do {
      try pairs.read(row.cell)
      return nil
    } catch { return error }
  }

  private mutating func checkPairs(
    _ pairs: PredictionPairs, _ seen: inout RepeatedLabels, _ place: KernelError.Place
  ) {
    if pairs.count == 0 { find(place, "the row has no predictions") }
    if pairs.count > limits.pairCount {
      find(place, "the row has \(pairs.count) predictions, more than \(limits.pairCount)")
    }
    // Slices of the arrays themselves would count references for each row.
    pairs.labels.withUnsafeBufferPointer { labels in
      pairs.scores.withUnsafeBufferPointer { scores in
        check(labels.prefix(pairs.count), scores.prefix(pairs.count), &seen, place)
      }
    }
  }

  private mutating func check(
    _ labels: Slice<UnsafeBufferPointer<Int32>>, _ scores: Slice<UnsafeBufferPointer<Double>>,
    _ seen: inout RepeatedLabels, _ place: KernelError.Place
  ) {
    if let label = labels.first(where: { Int($0) >= limits.classCount }) {
      find(place, "label \(label) is not below \(limits.classCount), the number of classes")
    }
    if let score = scores.first(where: { !(0...1).contains($0) }) {
      find(place, "the score \(NumberFormat.shortest.text(score)) is not between 0 and 1")
    }
    if let next = scores.indices.dropFirst().first(where: { scores[$0] > scores[$0 - 1] }) {
      find(place, "the predictions are not sorted: label \(labels[next]) has a higher score than the one before")
    }
    if let label = seen.find(in: labels) { find(place, "label \(label) is there twice") }
  }

  static func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes.prefix(64), as: UTF8.self).printable
  }
}
