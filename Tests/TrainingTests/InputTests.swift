import Bytes
import Inference
import Records
import TestSupport
import Testing

@testable import Training

/// What is wrong, as the user reads it; records an issue when nothing is.
func complaint(_ body: () throws -> Void) -> String {
  do { try body() } catch { return "\(error)" }
  Issue.record("nothing was wrong")
  return ""
}

/// Frame-level and video-level records of a test set.
let smallRecords = ["records/tm/test00.tfrecord", "records/tm/validate0000.tfrecord"].map(fixture)

/// An input of these records in small batches.
func smallInput(batchSize: Int = 4, epochs: Int? = 3, files: [String] = smallRecords) -> InputOptions {
  let schema = VideoSchema(
    level: .frame, inputs: [.init("rgb", size: 24), .init("audio", size: 8)], maxFrames: 20)
  var options = InputOptions(files: files, schema: schema, classCount: 4716, batchSize: batchSize, epochs: epochs)
  options.seed = 7
  return options
}

/// What training sees of a batch.
struct Seen: Equatable {
  var ids: [[UInt8]]
  var features: [Float]
  var labels: [UInt8]

  init(_ batch: TrainingBatch) {
    ids = batch.videos.members.map(\.id)
    features = batch.videos.features.array(of: Float.self)
    labels = batch.labels.array(of: UInt8.self)
  }
}

/// All batches from a place on.
func seen(_ options: InputOptions, at place: InputPlace? = nil, readers: Int = 1, isOverlapped: Bool = false) throws
  -> [Seen]
{
  var all: [Seen] = []
  try TrainingInput(options, at: place, readers: Workers(readers)).forEachBatch(isOverlapped: isOverlapped) {
    all.append(Seen($0))
    return true
  }
  return all
}

/// The ids of records in their order.
func ids(_ files: [String]) throws -> [[UInt8]] {
  var ids: [[UInt8]] = []
  try RecordScan(files, Workers(1)).forEachSlice { slice in
    try slice.forEach { ids.append([UInt8](try Video($0.payload).id)) }
  }
  return ids
}

@Suite struct InputTests {
  @Test func everyRecordComesOnceAnEpoch() throws {
    let all = try ids(smallRecords)
    var options = smallInput(batchSize: 5, epochs: 3)
    options.bufferSize = 3
    let batches = try seen(options)
    #expect(batches.dropLast().allSatisfy { $0.ids.count == 5 })
    let found = batches.flatMap(\.ids)
    #expect(found.count == 3 * all.count)
    #expect(
      Dictionary(grouping: found) { $0 }.mapValues(\.count)
        == Dictionary(grouping: all + all + all) { $0 }.mapValues(\.count))
    #expect(Array(found.prefix(all.count)) != all)
    #expect(Array(found.prefix(all.count)) != Array(found[all.count..<2 * all.count]))
    options.seed = 8
    #expect(try seen(options).flatMap(\.ids) != found)
  }

  @Test func batchesHoldWhatTheRecordsDo() throws {
    let options = smallInput(batchSize: 1000, epochs: 1)
    let batch = try #require(try TrainingInput(options, readers: Workers(2)).next())
    let reader = BatchReader(
      smallRecords, options.schema, batchSize: 1000, wantsLabels: true, readers: Workers(1))
    let expected = try #require(try reader.next())
    #expect(batch.count == expected.count)
    #expect(batch.labels.shape.dimensions == [batch.count, 4716] && batch.labels.dtype == .bool)
    let (features, others) = (batch.videos.features.array(of: Float.self), expected.features.array(of: Float.self))
    let labels = batch.labels.array(of: UInt8.self)
    for (row, member) in batch.videos.members.enumerated() {
      let place = try #require(expected.members.firstIndex { $0.path == member.path && $0.record == member.record })
      #expect(member.id == expected.members[place].id && member.frameCount == expected.members[place].frameCount)
      #expect(features[row * 640..<(row + 1) * 640] == others[place * 640..<(place + 1) * 640])
      let classes = (0..<4716).filter { labels[row * 4716 + $0] == 1 }.map(Int32.init)
      #expect(classes == expected.members[place].labels)
    }
  }

  @Test func threadsChangeNothing() throws {
    let options = smallInput()
    let batches = try seen(options)
    for (readers, isOverlapped) in [(1, true), (3, true), (4, false)] {
      #expect(try seen(options, readers: readers, isOverlapped: isOverlapped) == batches)
    }
  }

  @Test func anInputGoesOnWhereItWasCut() throws {
    let folder = TemporaryFolder()
    let gzipped = folder("compressed.tfrecord.gz")
    let writer = try RecordWriter(gzipped, existing: .refuse)
    let plain = try RecordReader(smallRecords[0])
    while let chunk = try plain.next() { try chunk.forEach(0..<chunk.count) { try writer.write($0) } }
    try writer.commit()
    for (openCount, bufferSize) in [(1, 1), (2, 6), (3, 1000)] {
      var options = smallInput(files: smallRecords + [gzipped])
      options.openFileCount = openCount
      options.bufferSize = bufferSize
      let all = try seen(options)
      let input = try TrainingInput(options, readers: Workers(1))
      var count = 0
      while let batch = try input.next() {
        count += 1
        var json: [UInt8] = []
        batch.place.append(to: &json)
        let parsed = try json.withUnsafeBytes { try JSON(parsing: $0) }
        let place = try InputPlace(parsed, fileCount: 3)
        #expect(place == batch.place)
        #expect(try seen(options, at: place) == Array(all.dropFirst(count)))
      }
      #expect(count == all.count)
    }
  }

  @Test func whatIsReadAheadComesFirst() throws {
    let options = smallInput()
    let input = try TrainingInput(options, readers: Workers(1))
    try input.readFirst()
    try input.readFirst()
    var all: [Seen] = []
    while let batch = try input.next() { all.append(Seen(batch)) }
    #expect(try all == seen(options))
    #expect(try input.next()?.count == nil)
  }

  @Test func placesThatCannotBeAreRefused() throws {
    for text in [
      "[]", "{}",
      "{\"epoch\": 0, \"opened_files\": 3, \"turn\": 0, \"draws\": 0, \"skipped\": 0, \"open\": [], \"buffer\": []}",
      "{\"epoch\": 0, \"opened_files\": 1, \"turn\": 0, \"draws\": 0, \"skipped\": 0, \"open\": [2, 0], \"buffer\": []}",
      "{\"epoch\": 0, \"opened_files\": 1, \"turn\": 0, \"draws\": 0, \"skipped\": 0, \"open\": [1], \"buffer\": []}",
      "{\"epoch\": -1, \"opened_files\": 1, \"turn\": 0, \"draws\": 0, \"skipped\": 0, \"open\": [], \"buffer\": []}",
    ] {
      let json = try Array(text.utf8).withUnsafeBytes { try JSON(parsing: $0) }
      #expect(throws: ByteReader.Fault.self) { try InputPlace(json, fileCount: 2) }
    }
    var place = InputPlace()
    place.buffer = [.init(file: 0, record: 10_000)]
    let text = complaint { _ = try TrainingInput(smallInput(), at: place, readers: Workers(1)) }
    #expect(text.contains("fewer than have been read of it"))
  }

  @Test func damagedRecordsAreToldOrPassedOver() throws {
    let folder = TemporaryFolder()
    var bytes = contents(smallRecords[0])
    bytes[bytes.count - 100] ^= 1
    let damaged = folder.write(bytes, "damaged.tfrecord")
    var options = smallInput(batchSize: 4, epochs: 2, files: [damaged, smallRecords[1]])
    #expect(complaint { _ = try seen(options) }.contains("the checksum of record"))
    options.badRecords = .skip
    let good = try ids([smallRecords[0]]).dropLast() + ids([smallRecords[1]])
    for readers in [1, 3] {
      var problems: [String] = []
      var sizes: [Int] = []
      var skipped = 0
      var found: [[UInt8]] = []
      try TrainingInput(options, readers: Workers(readers)).forEachBatch { batch in
        problems += batch.problems.map { "\($0)" }
        sizes.append(batch.count)
        skipped = batch.place.skipped
        found += batch.videos.members.map(\.id)
        return true
      }
      #expect(problems.count == 2 && skipped == 2 && problems.allSatisfy { $0.hasPrefix(damaged) })
      #expect(sizes.dropLast().allSatisfy { $0 == 4 })
      #expect(found.count == 2 * good.count && Set(found) == Set(good))
    }
  }

  @Test func brokenFramingCostsTheRestOfAFile() throws {
    let folder = TemporaryFolder()
    let cut = folder.write(contents(smallRecords[0]).dropLast(3), "cut.tfrecord")
    var options = smallInput(epochs: 1, files: [cut])
    #expect(complaint { _ = try seen(options) }.contains("are left"))
    options.badRecords = .skip
    #expect(try seen(options).flatMap(\.ids).count == ids([smallRecords[0]]).count - 1)
  }

  @Test func whatDoesNotFitIsTold() throws {
    var options = smallInput(epochs: nil)
    options.classCount = 2
    #expect(complaint { _ = try seen(options) }.contains("is no class: there are the classes 0 to 1"))
    options = smallInput(epochs: nil)
    options.schema.inputs[0] = .init("rgb", size: 1024)
    #expect(complaint { _ = try seen(options) }.contains("of rgb has 24 bytes, not 1024"))
    options.badRecords = .skip
    #expect(complaint { _ = try seen(options) }.contains("records in a row none could be used"))
    options.epochs = 1
    #expect(complaint { _ = try seen(options) }.contains("records in a row none could be used"))
    #expect(complaint { _ = try seen(smallInput(files: [])) } == "there are no record files to read")
  }

  @Test func filesWithoutRecordsAreNoInput() throws {
    let folder = TemporaryFolder()
    let empty = folder.write([], "empty.tfrecord")
    for epochs in [nil, 1] {
      #expect(complaint { _ = try seen(smallInput(epochs: epochs, files: [empty])) }.contains("holds no records"))
    }
  }

  @Test func identitiesTellInputsApart() throws {
    let options = smallInput()
    var other = options
    other.epochs = 9
    #expect(try options.identity == other.identity)
    other.seed = 1
    #expect(try options.identity != other.identity)
    other = options
    other.files.removeLast()
    #expect(try options.identity != other.identity)
  }
}
