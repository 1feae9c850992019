import Bytes
import Tensors

extension VideoArrays {
  /// Writes a record for each video of the `.npz` archive `path`, laid out as ``VideoArrays`` says: a
  /// `SequenceExample` if there are frames, an `Example` otherwise, keys in byte order.
  ///
  /// Integers may also be of 32 bits, and strings be text (as UTF-8). Memory: the arrays that are compressed or in
  /// another order than ours; others are mapped.
  ///
  /// - Parameter progress: called with the number of videos written so far, and of all.
  /// - Throws: ``KernelError`` naming the array that is not of this layout.
  package static func readRecords(
    of path: String, into writer: RecordWriter, _ workers: Workers, progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    let source = try ArraySource(path)
    let slices = source.slices(ofBytes: 1 << 20)
    let roundSize = 8 * workers.count
    for round in stride(from: 0, to: slices.count, by: roundSize) {
      let part = Array(slices[round..<min(round + roundSize, slices.count)])
      let made = try workers.map(part.count) { source.records(part[$0]) }
      for (records, videos) in zip(made, part) {
        try records.withUnsafeBytes { try writer.write(frames: $0, count: videos.count) }
        progress(videos.upperBound, source.videoCount)
      }
    }
  }
}

/// The arrays of an archive, all checked.
private struct ArraySource: Sendable {
  let path: String
  let videoCount: Int
  private var columns: [Column] = []

  fileprivate struct Column: Sendable {
    enum Values: Sendable {
      case strings([[UInt8]])
      case int64s(ByteView)
      case int32s(ByteView)
      case floats(ByteView)
      case rows(ByteView, width: Int)
    }

    let name: String
    let values: Values
    /// Where each video's values begin, and the end of the last.
    let bounds: Bounds

    enum Bounds: Sendable {
      case even(Int)
      case offsets([Int])

      func range(_ video: Int) -> Range<Int> {
        switch self {
        case .even(let count): (video * count)..<((video + 1) * count)
        case .offsets(let offsets): offsets[video]..<offsets[video + 1]
        }
      }
    }
  }

  init(_ path: String) throws {
    self.path = path
    let archive = try NpzArchive(path: path)
    var arrays: [String: NpzArchive.Member] = [:]
    for member in archive.members {
      guard let name = String(validating: member.name, as: UTF8.self) else {
        throw KernelError(.badData, path, "an array's name is not UTF-8")
      }
      guard arrays.updateValue(member, forKey: name) == nil else {
        throw KernelError(.badData, path, at: .tensor(name), "two arrays have this name")
      }
    }
    guard let ids = arrays["id"], ids.header.element.isText else {
      throw KernelError(
        .badData, path, "there is no array id of strings",
        hint: "each video needs an id: an array of strings, such as numpy.array([b'AAAA', b'AAAB'])")
    }
    videoCount = ids.header.shape.dimensions.first ?? 0
    func isOffsets(_ name: String) -> Bool {
      name.hasSuffix(VideoArrays.offsetsSuffix)
        && arrays[String(name.dropLast(VideoArrays.offsetsSuffix.count))] != nil
    }
    for name in arrays.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where !isOffsets(name) {
      guard let member = arrays[name] else { continue }
      columns.append(try column(name, member, arrays[name + VideoArrays.offsetsSuffix], archive))
    }
  }

  private func column(
    _ name: String, _ member: NpzArchive.Member, _ offsets: NpzArchive.Member?, _ archive: NpzArchive
  ) throws -> Column {
    func fail(_ problem: String, hint: String? = nil) -> KernelError {
      KernelError(.badData, path, at: .tensor(name), problem, hint: hint)
    }
    let dimensions = member.header.shape.dimensions
    guard let length = dimensions.first, dimensions.count <= 2 else {
      throw fail("an array of shape \(member.header.shape) is neither a row of values nor a matrix")
    }
    let width = dimensions.count == 2 ? dimensions[1] : 1
    let bytes = try archive.bytes(of: member)
    guard case .number(let dtype, _) = member.header.element else {
      guard dimensions.count == 1, offsets == nil, length == videoCount,
        let strings = NpyStrings.decode(bytes, member.header.element)
      else { throw fail("is not one string for each of the \(videoCount) videos") }
      return Column(name: name, values: .strings(strings), bounds: .even(1))
    }
    let bounds = try offsets.map { try self.offsets(name, $0, archive, end: length) }
    switch dtype {
    case .uint8:
      guard let bounds, dimensions.count == 2, width > 0 else {
        throw fail(
          "bytes are frames: a matrix with a row for each, and \(name)\(VideoArrays.offsetsSuffix) that say which"
            + " video has which")
      }
      return Column(name: name, values: .rows(bytes, width: width), bounds: .offsets(bounds))
    case .int64, .int32, .float32:
      guard bounds == nil ? length == videoCount : dimensions.count == 1 else {
        throw fail(
          "shape \(member.header.shape) is not a row for each of the \(videoCount) videos",
          hint: "values of different number need \(name)\(VideoArrays.offsetsSuffix)")
      }
      let values: Column.Values =
        dtype == .int64 ? .int64s(bytes) : dtype == .int32 ? .int32s(bytes) : .floats(bytes)
      return Column(name: name, values: values, bounds: bounds.map { .offsets($0) } ?? .even(width))
    default:
      throw fail(
        "values of type \(dtype.name) have no place in a record",
        hint: "make them float32, int64, or uint8 for frames, with numpy's astype")
    }
  }

  private func offsets(
    _ name: String, _ member: NpzArchive.Member, _ archive: NpzArchive, end: Int
  ) throws -> [Int] {
    let place = KernelError.Place.tensor(name + VideoArrays.offsetsSuffix)
    guard case .number(.int64, _) = member.header.element, member.header.shape.dimensions == [videoCount + 1] else {
      throw KernelError(.badData, path, at: place, "is not a row of \(videoCount + 1) int64")
    }
    let offsets = try archive.bytes(of: member).withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 8).map {
        Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self)))
      }
    }
    guard offsets.first == 0, offsets.last == end, zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }) else {
      throw KernelError(.badData, path, at: place, "does not rise from 0 to \(end)")
    }
    return offsets
  }

  private var hasFrames: Bool {
    columns.contains { if case .rows = $0.values { true } else { false } }
  }

  /// Ranges of videos whose records take about `byteCount` bytes each.
  func slices(ofBytes byteCount: Int) -> [Range<Int>] {
    var slices: [Range<Int>] = []
    var start = 0
    var size = 0
    for video in 0..<videoCount {
      size += columns.reduce(32) { $0 + $1.byteCount(video) }
      guard size >= byteCount || video == videoCount - 1 else { continue }
      slices.append(start..<(video + 1))
      (start, size) = (video + 1, 0)
    }
    return slices
  }

  /// The framed records of `videos`.
  func records(_ videos: Range<Int>) -> [UInt8] {
    var builder = ExampleBuilder()
    var out: [UInt8] = []
    for video in videos {
      builder.removeAll()
      builder.features { builder in for column in columns { column.addFeature(video, to: &builder) } }
      if hasFrames {
        builder.featureLists { builder in for column in columns { column.addFrames(video, to: &builder) } }
      }
      out.append(recordOf: builder.payload)
    }
    return out
  }
}

extension NpyHeader.Element {
  fileprivate var isText: Bool { if case .number = self { false } else { true } }
}

extension ArraySource.Column {
  func byteCount(_ video: Int) -> Int {
    let count = bounds.range(video).count
    switch values {
    case .strings(let strings): return strings[video].count
    case .rows(_, let width): return count * width
    case .int64s, .int32s, .floats: return 4 * count
    }
  }

  func addFeature(_ video: Int, to builder: inout ExampleBuilder) {
    let range = bounds.range(video)
    switch values {
    case .rows: return
    case .strings(let strings): builder.feature(name) { $0.bytes { $0.add(strings[video]) } }
    case .int64s(let view):
      let numbers = view.withUnsafeBytes { bytes in
        range.map { Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)) }
      }
      builder.feature(name) { $0.int64s(numbers) }
    case .int32s(let view):
      let numbers = view.withUnsafeBytes { bytes in
        range.map { Int64(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self))) }
      }
      builder.feature(name) { $0.int64s(numbers) }
    case .floats(let view):
      let numbers = view.withUnsafeBytes { bytes in
        range.map {
          Float(
            bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
        }
      }
      builder.feature(name) { $0.floats(numbers) }
    }
  }

  func addFrames(_ video: Int, to builder: inout ExampleBuilder) {
    guard case .rows(let view, let width) = values else { return }
    let range = bounds.range(video)
    view.withUnsafeBytes { bytes in
      let rows = UnsafeRawBufferPointer(rebasing: bytes[(range.lowerBound * width)..<(range.upperBound * width)])
      builder.list(name) { $0.steps(rows: rows, width: width) }
    }
  }
}
