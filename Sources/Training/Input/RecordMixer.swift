import Bytes
import Records

/// The records of files in random order, epoch after epoch; the order depends on the seed alone.
///
/// Files are shuffled each epoch. Some of them are open at a time, from which records are taken in turn; these go
/// through a buffer, from which they are drawn at random, as from the reference's queue (specs: miha2018 §1.4).
///
/// Memory: 100 bytes a record in the buffer, and of compressed files their bytes.
final class RecordMixer {
  private let options: InputOptions
  private var place: InputPlace
  private var cursors: [RecordCursor] = []
  private var buffer: [WaitingRecord] = []
  /// The files of the epoch in their order.
  private var order: [Int]
  /// What was wrong with files that could not be read to the end, told once.
  private(set) var problems: [KernelError] = []
  /// Whether any record has been seen since the start.
  private var hasRecords = false

  private enum Domain: UInt64 { case files = 1, draws }

  /// - Parameter place: where to go on, or `nil` for the start.
  /// - Throws: ``KernelError`` when files cannot be read, or do not have what the place names.
  init(_ options: InputOptions, at place: InputPlace? = nil) throws {
    self.options = options
    self.place = place ?? InputPlace()
    order = RecordMixer.order(options, epoch: self.place.epoch)
    guard !options.files.isEmpty else { throw KernelError(.noInput, "", "there are no record files to read") }
    guard let place else { return }
    hasRecords = true
    cursors = try place.open.map { entry in
      let cursor = try RecordCursor(options.files[entry.file], file: entry.file)
      try cursor.skip(to: entry.record)
      return cursor
    }
    buffer = try RecordMixer.records(place.buffer, options.files)
  }

  /// Where it is, before the next record.
  var currentPlace: InputPlace {
    var place = place
    place.open = cursors.map(\.place)
    place.buffer = buffer.map(\.entry)
    return place
  }

  /// The next record, or `nil` at the end of the last epoch.
  ///
  /// - Throws: ``KernelError`` for a file that cannot be read, or, under ``InputOptions/BadRecords/fail``, whose
  ///   framing is damaged.
  func next() throws -> WaitingRecord? {
    while buffer.count < options.bufferSize, let record = try nextInTurn() { buffer.append(record) }
    guard !buffer.isEmpty else { return nil }
    var random = SplitMix64(seed: options.seed, domain: Domain.draws.rawValue, index: place.draws)
    place.draws += 1
    buffer.swapAt(random.next(below: buffer.count), buffer.count - 1)
    return buffer.removeLast()
  }

  /// How much of all epochs has been opened, from 0 to 1; `nil` when they have no end.
  var progress: Double? {
    guard let epochs = options.epochs, epochs > 0 else { return nil }
    let waiting = cursors.reduce(0) { $0 + 1 - $1.progress }
    let opened = Double(place.epoch) * Double(options.files.count) + Double(place.openedFiles)
    return max(0, opened - waiting) / (Double(epochs) * Double(options.files.count))
  }

  /// The problems since this was last called.
  func takeProblems() -> [KernelError] {
    defer { problems = [] }
    return problems
  }

  private func nextInTurn() throws -> WaitingRecord? {
    while true {
      // No file is open twice, so that epochs follow each other.
      while cursors.count < min(options.openFileCount, options.files.count), let cursor = try nextFile() {
        cursors.append(cursor)
      }
      guard !cursors.isEmpty else { return nil }
      if place.turn >= cursors.count { place.turn = 0 }
      if let record = try read(cursors[place.turn]) {
        place.turn += 1
        hasRecords = true
        return record
      }
      // The next file takes the place of the one that has ended.
      if let cursor = try nextFile() { cursors[place.turn] = cursor } else { cursors.remove(at: place.turn) }
    }
  }

  private func read(_ cursor: RecordCursor) throws -> WaitingRecord? {
    do { return try cursor.next() } catch var error as KernelError
      where error.kind == .badData && options.badRecords == .skip
    {
      error.hint = "the rest of the file is passed over; tfrecord-tool repair saves what is sound in it"
      problems.append(error)
      return nil
    }
  }

  private func nextFile() throws -> RecordCursor? {
    if place.openedFiles == options.files.count {
      // The records of the last epoch's last files are still being read.
      place.epoch += 1
      place.openedFiles = 0
      order = RecordMixer.order(options, epoch: place.epoch)
      guard hasRecords else {
        throw KernelError(.badData, options.files[0], "holds no records, and neither does any other file")
      }
    }
    guard place.epoch < options.epochs ?? .max else { return nil }
    let file = order[place.openedFiles]
    place.openedFiles += 1
    return try RecordCursor(options.files[file], file: file)
  }

  /// The files in the order of an epoch.
  private static func order(_ options: InputOptions, epoch: Int) -> [Int] {
    var random = SplitMix64(
      seed: options.seed, domain: Domain.files.rawValue, index: UInt64(truncatingIfNeeded: epoch))
    var order = Array(options.files.indices)
    for last in order.indices.dropFirst().reversed() { order.swapAt(last, random.next(below: last + 1)) }
    return order
  }

  /// The records that `entries` name, each file read once.
  private static func records(_ entries: [InputPlace.Entry], _ files: [String]) throws -> [WaitingRecord] {
    var places: [Int: [(record: Int, place: Int)]] = [:]
    for (place, entry) in entries.enumerated() { places[entry.file, default: []].append((entry.record, place)) }
    var found: [WaitingRecord?] = Array(repeating: nil, count: entries.count)
    for (file, wanted) in places.sorted(by: { $0.key < $1.key }) {
      let cursor = try RecordCursor(files[file], file: file)
      var last: WaitingRecord?
      for (record, place) in wanted.sorted(by: { $0.record < $1.record }) {
        // Small files come twice when the records of two epochs are mixed.
        if last?.entry.record != record {
          try cursor.skip(to: record)
          last = try cursor.next()
        }
        found[place] = last
      }
    }
    return try found.map { record in
      guard let record else { throw KernelError(.badData, "", "records that were there before are not any more") }
      return record
    }
  }
}
