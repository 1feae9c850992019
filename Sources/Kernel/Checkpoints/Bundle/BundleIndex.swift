import Bytes
import Tensors

/// The directory of a bundle: the contents of its `.index` file, checked as far as that is possible without the data.
public struct BundleIndex: Sendable {
  /// A tensor by its full name; of a sliced one, the parts in the order of its slice list.
  public struct Tensor: Sendable {
    public let name: TensorName
    public let entry: BundleEntry
    public let parts: [BundleEntry]

    public var isSliced: Bool { !entry.slices.isEmpty }
    /// The stretches of the data files that hold the tensor.
    public var stored: [BundleEntry] { isSliced ? parts : [entry] }

    public var info: TensorInfo {
      let size = isSliced ? entry.shape.byteCount(of: entry.dtype) ?? 0 : entry.size
      return TensorInfo(name: name, dtype: entry.dtype, shape: entry.shape, byteCount: size)
    }
  }

  public let path: String
  public let header: BundleHeader
  /// In byte order of their names.
  public let tensors: [Tensor]
  /// Whether blocks are compressed, so that rewriting cannot reproduce the file.
  public let isCompressed: Bool

  /// Decodes the index in `view`, which came from `path`.
  ///
  /// - Parameter onFault: called for every tensor whose entry is unusable, which is then left out; by default throws.
  /// - Throws: ``KernelError`` `.badData` for a damaged table or header.
  public init(
    _ view: ByteView, path: String, onFault: (KernelError) throws -> Void = { throw $0 }
  ) throws {
    self.path = path
    let table = try TableReader(view, path: path)
    isCompressed = table.isCompressed
    guard let first = table.entries.first, first.key.isEmpty else {
      throw KernelError(.badData, path, "the table has no bundle header", hint: BundleIndex.hint(for: table))
    }
    let header = try first.value.withUnsafeBytes { bytes in
      do { return try BundleHeader(bytes) } catch let fault as ByteReader.Fault {
        throw KernelError(.badData, path, at: .byte(first.blockOffset), "bundle header: \(fault.problem)")
      }
    }
    self.header = header

    var whole: [(name: TensorName, entry: BundleEntry)] = []
    var parts: [[UInt8]: BundleEntry] = [:]
    for item in table.entries.dropFirst() {
      let isPart = item.key[0] == 0
      let name = isPart ? TensorName(utf8: BundleIndex.readable(partKey: item.key)) : TensorName(utf8: item.key)
      do {
        let entry = try item.value.withUnsafeBytes { try BundleEntry($0, shardCount: header.shardCount) }
        guard isPart else {
          whole.append((name, entry))
          continue
        }
        // An entry with slices says nothing of where its bytes lie, so nothing of that has been checked.
        guard entry.slices.isEmpty else { throw ByteReader.Fault(offset: 0, problem: "is a slice made of slices") }
        parts[item.key] = entry
      } catch let fault as ByteReader.Fault {
        try onFault(KernelError(.badData, path, at: .tensor(name.description), fault.problem))
      }
    }
    tensors = try BundleIndex.joined(whole, &parts, path: path, onFault: onFault)
    for key in parts.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      try onFault(
        KernelError(
          .badData, path, at: .tensor(String(decoding: BundleIndex.readable(partKey: key), as: UTF8.self)),
          "is a slice that no tensor lists"))
    }
  }

  /// Gives every sliced tensor its parts, taking them out of `parts`.
  private static func joined(
    _ whole: [(name: TensorName, entry: BundleEntry)], _ parts: inout [[UInt8]: BundleEntry], path: String,
    onFault: (KernelError) throws -> Void
  ) throws -> [Tensor] {
    var tensors: [Tensor] = []
    for (name, entry) in whole {
      let found = entry.slices.map { parts.removeValue(forKey: $0.key(of: name)) }
      do {
        try checkParts(entry, found)
        tensors.append(Tensor(name: name, entry: entry, parts: found.compactMap { $0 }))
      } catch {
        try onFault(KernelError(.badData, path, at: .tensor(name.description), error.problem))
      }
    }
    return tensors
  }

  /// Checks that the parts exist, agree with the slice list, and together cover the tensor exactly once.
  private static func checkParts(_ entry: BundleEntry, _ parts: [BundleEntry?]) throws(ByteReader.Fault) {
    guard !entry.slices.isEmpty else { return }
    guard entry.dtype.byteCount != nil, entry.shape.byteCount(of: entry.dtype) != nil else {
      throw .init(offset: 0, problem: "is sliced, which \(entry.dtype.name) of shape \(entry.shape) cannot be")
    }
    var boxes: [[(start: Int, length: Int)]] = []
    var covered = 0
    for (slice, part) in zip(entry.slices, parts) {
      guard let box = slice.box(in: entry.shape) else {
        throw .init(offset: 0, problem: "a slice lies outside its shape \(entry.shape)")
      }
      guard let part else {
        throw .init(offset: 0, problem: "the data of slice \(boxes.count) is missing in the index")
      }
      guard part.dtype == entry.dtype, part.shape.dimensions == box.map(\.length) else {
        throw .init(
          offset: 0, problem: "slice \(boxes.count) is \(part.dtype.name)\(part.shape), not what its list says")
      }
      boxes.append(box)
      covered = covered.addingReportingOverflow(part.shape.elementCount).partialValue
    }
    guard covered == entry.shape.elementCount, !Boxes.overlap(boxes) else {
      throw .init(offset: 0, problem: "its slices do not cover shape \(entry.shape) exactly once")
    }
  }

  /// The name inside the key of a part, for messages only.
  private static func readable(partKey: [UInt8]) -> [UInt8] {
    Array(partKey.dropFirst().prefix { $0 != 0 })
  }

  private static func hint(for table: TableReader) -> String? {
    table.entries.isEmpty ? nil : "an index begins with an empty key; is this another kind of table?"
  }
}

extension BundleIndex {
  /// The file's bytes as TensorFlow would write them for the same header and entries.
  package static func encode(_ header: BundleHeader, _ entries: [(key: [UInt8], entry: BundleEntry)]) -> [UInt8] {
    var table = TableWriter()
    table.append(key: [], value: header.encoded)
    for (key, entry) in entries.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      table.append(key: key, value: entry.encoded)
    }
    return table.finish()
  }

  /// All entries with their keys: each tensor's own and those of its parts.
  package var keyedEntries: [(key: [UInt8], entry: BundleEntry)] {
    tensors.flatMap { tensor in
      [(tensor.name.utf8, tensor.entry)]
        + zip(tensor.entry.slices, tensor.parts).map { ($0.key(of: tensor.name), $1) }
    }
  }
}
