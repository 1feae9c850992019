import Bytes
import Tensors

/// A V1 checkpoint (TensorFlow before 0.12, or `write_version=V1`) opened for reading: one table, or one per shard,
/// in which every tensor or slice is a protobuf message (specs: formats §7).
///
/// Opening reads and checks every block, since that is where the format has its checksums, but decodes no numbers.
/// Memory: the tables' keys and one tensor for each ``contents(of:)``; tensors of strings are held from the start.
public struct V1Checkpoint: TensorSource {
  public let path: String
  public let tensors: [TensorInfo]
  /// For each of ``tensors``.
  private let stored: [Stored]

  private struct Stored {
    let info: TensorInfo
    let parts: [Part]
    /// The bundle's encoding of strings.
    let strings: ByteView?
  }

  /// A slice and the message that holds its values.
  private struct Part {
    let file: String
    let slice: TensorSlice
    let message: ByteView
  }

  /// Opens the checkpoint that consists of `files`, each complete in itself.
  ///
  /// - Parameter prefix: what the checkpoint is called.
  /// - Throws: ``KernelError`` when a file is missing or damaged, or a tensor that the files list is not complete.
  public init(prefix: String, files: [String]) throws {
    try V1Checkpoint.checkComplete(files, prefix: prefix)
    try self.init(files.map { ($0, try MappedFile($0).view) }, path: prefix)
  }

  /// Checks that files called `…-00001-of-00004` are all four: each lists its own tensors only, so that nothing else
  /// would tell that one is missing.
  private static func checkComplete(_ files: [String], prefix: String) throws {
    let tail = "-00000-of-00000".utf8.count
    let tails = files.map { String(decoding: $0.utf8.suffix(tail), as: UTF8.self) }
    guard let first = tails.first, Glob("-[0-9][0-9][0-9][0-9][0-9]-of-[0-9][0-9][0-9][0-9][0-9]").matches(first),
      let count = Int(first.suffix(5)),
      tails.count != count || tails.contains(where: { !$0.hasSuffix(first.suffix(5)) })
    else { return }
    throw KernelError(
      .noInput, prefix, "\(files.count) files are there where \(count) make up the checkpoint",
      hint: "copy all of its shards, and none of another checkpoint")
  }

  init(_ files: [(path: String, view: ByteView)], path: String) throws {
    self.path = path
    var listed: [TensorName: (meta: SavedSliceMeta, parts: [Part])] = [:]
    for file in files {
      let table = try TableReader(file.view, path: file.path)
      for meta in try V1Checkpoint.metas(of: table) {
        let parts = try V1Checkpoint.parts(of: meta, in: table)
        guard let known = listed[meta.name]?.meta else {
          listed[meta.name] = (meta, parts)
          continue
        }
        guard known.dtype == meta.dtype, known.shape == meta.shape else {
          throw KernelError(
            .badData, file.path, at: .tensor(meta.name.description),
            "is \(meta.dtype.name) \(meta.shape) here but \(known.dtype.name) \(known.shape) in another shard",
            hint: "the shards belong to different checkpoints")
        }
        listed[meta.name]?.parts += parts
      }
    }
    stored = try listed.values.map { try V1Checkpoint.stored($0.meta, $0.parts, path: path) }
      .sorted { $0.info.name < $1.info.name }
    tensors = stored.map(\.info)
  }

  public func contents(of index: Int) throws -> TensorContents {
    let tensor = stored[index]
    if let strings = tensor.strings { return TensorContents(bytes: strings) }
    let info = tensor.info
    let size = info.dtype.byteCount ?? 0
    return TensorContents(
      bytes: try ByteView(byteCount: info.byteCount) { whole in
        for part in tensor.parts {
          guard let box = part.slice.box(in: info.shape), let extent = Shape(box.map(\.length)) else { continue }
          let count = extent.elementCount * size
          if count == whole.count {
            try V1Checkpoint.decode(part, of: info, into: whole)
          } else {
            let values = try ByteView(byteCount: count) { try V1Checkpoint.decode(part, of: info, into: $0) }
            values.withUnsafeBytes {
              Boxes.scatter($0, box, into: whole, dimensions: info.shape.dimensions, elementSize: size)
            }
          }
        }
      })
  }
}

extension V1Checkpoint {
  private static func metas(of table: TableReader) throws -> [SavedSliceMeta] {
    guard let first = table.entries.first, first.key.isEmpty else {
      throw KernelError(.badData, table.path, "the table lists no tensors, so it is no V1 checkpoint")
    }
    do {
      return try first.value.withUnsafeBytes { try SavedSliceMeta.list(in: $0) }
    } catch let fault as ByteReader.Fault {
      throw KernelError(.badData, table.path, at: .byte(first.blockOffset), "list of tensors: \(fault.problem)")
    }
  }

  /// The messages of the slices that this file says it has.
  private static func parts(of meta: SavedSliceMeta, in table: TableReader) throws -> [Part] {
    try meta.slices.map { slice in
      guard let message = table.value(of: slice.key(of: meta.name)) else {
        throw KernelError(
          .badData, table.path, at: .tensor(meta.name.description), "the data of a slice is missing in the file")
      }
      return Part(file: table.path, slice: slice, message: message)
    }
  }

  /// Checks that the parts cover the tensor exactly once and that their messages are long enough for it, which
  /// bounds what is allocated later.
  private static func stored(_ meta: SavedSliceMeta, _ parts: [Part], path: String) throws -> Stored {
    func fail(_ problem: String) -> KernelError {
      KernelError(.badData, path, at: .tensor(meta.name.description), problem)
    }
    guard let leastByteCount = TensorValues.leastByteCount(of: meta.dtype) else {
      throw fail("V1 checkpoints cannot hold \(meta.dtype.name)")
    }
    var boxes: [Boxes.Box] = []
    var covered = 0
    for part in parts {
      guard let box = part.slice.box(in: meta.shape), let extent = Shape(box.map(\.length)) else {
        throw fail("a slice lies outside its shape \(meta.shape)")
      }
      guard extent.elementCount <= part.message.count / leastByteCount else {
        throw fail("\(part.message.count) bytes cannot hold \(meta.dtype.name) of shape \(extent)")
      }
      boxes.append(box)
      covered = covered.addingReportingOverflow(extent.elementCount).partialValue
    }
    guard !boxes.isEmpty, covered == meta.shape.elementCount, !Boxes.overlap(boxes) else {
      throw fail("its slices do not cover shape \(meta.shape) exactly once; is a shard missing?")
    }
    var info = TensorInfo(name: meta.name, dtype: meta.dtype, shape: meta.shape, byteCount: 0)
    if meta.dtype == .string {
      let strings = try self.strings(of: info, parts, boxes)
      info.byteCount = strings.count
      return Stored(info: info, parts: [], strings: strings)
    }
    guard let byteCount = meta.shape.byteCount(of: meta.dtype) else { throw fail("is larger than any memory") }
    info.byteCount = byteCount
    return Stored(info: info, parts: parts, strings: nil)
  }

  /// Decodes the numbers of a slice.
  private static func decode(
    _ part: Part, of info: TensorInfo, into output: UnsafeMutableRawBufferPointer
  ) throws {
    try reading(part, of: info) { try TensorValues.decode($0, as: info.dtype, into: output) }
  }

  /// The strings of all slices in the encoding of a bundle.
  private static func strings(of info: TensorInfo, _ parts: [Part], _ boxes: [Boxes.Box]) throws -> ByteView {
    let count = info.shape.elementCount
    // Positions are scattered like numbers of 8 bytes, then the strings follow them.
    var all: [[UInt8]] = []
    let order = try ByteView(byteCount: 8 * count) { whole in
      for (part, box) in zip(parts, boxes) {
        guard let expected = Shape(box.map(\.length))?.elementCount else { continue }
        let strings = try reading(part, of: info) { proto in
          let strings = try TensorValues.strings(proto, limit: expected)
          guard strings.count == expected else {
            throw ByteReader.Fault(
              offset: 0, problem: "\(strings.count) strings are stored where \(expected) are needed")
          }
          return strings
        }
        let positions = (all.count..<(all.count + expected)).map { $0 }
        positions.withUnsafeBytes {
          Boxes.scatter($0, box, into: whole, dimensions: info.shape.dimensions, elementSize: 8)
        }
        all += strings
      }
    }
    return order.withUnsafeBytes { order in
      ByteView(
        StringTensor.encode((0..<count).map { all[order.loadUnaligned(fromByteOffset: 8 * $0, as: Int.self)] }))
    }
  }

  /// Calls `body` with the `TensorProto` of a slice, turning faults into errors.
  private static func reading<R>(
    _ part: Part, of info: TensorInfo, _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    do {
      return try part.message.withUnsafeBytes { bytes in
        let saved = try SavedSlice(bytes)
        guard saved.name == info.name.utf8 else {
          throw ByteReader.Fault(
            offset: 0, problem: "its values are labelled \(String(decoding: saved.name, as: UTF8.self).printable)")
        }
        return try body(saved.values)
      }
    } catch let fault as ByteReader.Fault {
      throw KernelError(.badData, part.file, at: .tensor(info.name.description), fault.problem)
    }
  }
}

extension TableReader {
  /// The value of `key`, found by bisection.
  fileprivate func value(of key: [UInt8]) -> ByteView? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].key.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
    }
    return low < entries.count && entries[low].key == key ? entries[low].value : nil
  }
}
