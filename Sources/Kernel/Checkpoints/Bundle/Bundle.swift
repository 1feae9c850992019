import Bytes
import Synchronization
import Tensors

/// A TensorFlow V2 checkpoint opened for reading: an index and its mapped data files.
///
/// Opening reads the index only. A data file is mapped when a tensor in it is first asked for. Memory: the index, and
/// one tensor for each ``contents(of:)`` whose bytes must be put together (sliced, or big-endian).
public final class Bundle: TensorSource {
  /// The checkpoint's prefix: the path without `.index` or `.data-…`.
  public let path: String
  public let index: BundleIndex
  public let tensors: [TensorInfo]
  private let shards = Mutex<[Int: MappedFile]>([:])

  /// Opens the checkpoint with this prefix.
  ///
  /// - Throws: ``KernelError`` `.noInput` when there is no index, `.badData` when it is damaged.
  public init(prefix: String) throws {
    path = prefix
    index = try BundleIndex(try MappedFile(prefix + ".index").view, path: prefix + ".index")
    tensors = index.tensors.map(\.info)
  }

  /// `prefix.data-00000-of-00001` and the like.
  public static func dataPath(_ prefix: String, shard: Int, of count: Int) -> String {
    "\(prefix).data-\(padded(shard))-of-\(padded(count))"
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  /// The path of this bundle's data file of that number.
  public func dataPath(shard: Int) -> String { Bundle.dataPath(path, shard: shard, of: index.header.shardCount) }

  /// The data file of that number, mapped on first use.
  package func dataFile(_ shard: Int) throws -> MappedFile {
    try shards.withLock { open in
      if let file = open[shard] { return file }
      let file = try MappedFile(dataPath(shard: shard))
      open[shard] = file
      return file
    }
  }

  /// The bytes of `entry`, which belongs to the tensor at `index`, after checking that the data file reaches that far.
  package func storedBytes(_ entry: BundleEntry, of index: Int) throws -> ByteView {
    let file = try dataFile(entry.shard)
    if let hint = gitPointerHint(file.view) {
      throw KernelError(.badData, file.path, "is not the data of a checkpoint", hint: hint)
    }
    guard entry.offset + entry.size <= file.count else {
      throw KernelError(
        .badData, file.path, at: .tensor(tensors[index].name.description),
        "needs bytes \(entry.offset) to \(entry.offset + entry.size), but the file has only \(file.count)",
        hint: "the copy is incomplete; copy the file again")
    }
    return file.view.subview(entry.offset..<(entry.offset + entry.size))
  }

  public func contents(of position: Int) throws -> TensorContents {
    let tensor = index.tensors[position]
    if tensor.isSliced { return TensorContents(bytes: try assembled(tensor, at: position)) }
    let bytes = try storedBytes(tensor.entry, of: position)
    let crc = tensor.entry.maskedCRC
    if tensor.entry.dtype == .string || tensor.entry.dtype == .variant {
      do {
        let count = tensor.entry.shape.elementCount
        try bytes.withUnsafeBytes { bytes in
          if tensor.entry.dtype == .string {
            try StringTensor.forEach(bytes, count: count, maskedCRC: crc)
          } else {
            try VariantTensor.check(bytes, count: count, maskedCRC: crc)
          }
        }
      } catch let fault as ByteReader.Fault {
        throw KernelError(.badData, path, at: .tensor(tensor.name.description), fault.problem)
      }
      return TensorContents(bytes: bytes)
    }
    let contents = TensorContents(bytes: bytes, uncheckedCRC: crc.map(CRC32C.unmask))
    guard index.header.isBigEndian, tensor.entry.dtype.byteOrderUnit ?? 1 > 1 else { return contents }
    try check(contents, position)
    return TensorContents(bytes: try swapped(bytes, unit: tensor.entry.dtype.byteOrderUnit ?? 1))
  }

  private func check(_ contents: TensorContents, _ position: Int) throws {
    guard let expected = contents.uncheckedCRC else { return }
    let found = contents.bytes.withUnsafeBytes { CRC32C.of($0) }
    guard found == expected else { throw damaged(position, found: found, expected: expected) }
  }

  /// Checks that the data files hold as many bytes as the whole of a partitioned variable takes: slices that share
  /// their bytes could announce any size.
  private func checkRoom(for tensor: BundleIndex.Tensor, byteCount: Int) throws {
    let available = try Set(tensor.parts.map(\.shard)).map { try dataFile($0).count }.saturatedSum
    guard byteCount <= available else {
      throw KernelError(
        .badData, path, at: .tensor(tensor.name.description),
        "its slices take \(byteCount) bytes together, but their data files have only \(available)",
        hint: "the index was made by a faulty program")
    }
  }

  /// The whole of a partitioned variable, from parts whose checksums are checked on the way.
  private func assembled(_ tensor: BundleIndex.Tensor, at position: Int) throws -> ByteView {
    let dtype = tensor.entry.dtype
    guard let byteCount = tensor.entry.shape.byteCount(of: dtype), let elementSize = dtype.byteCount else {
      throw KernelError(.badData, path, at: .tensor(tensor.name.description), "has no fixed size")
    }
    let parts = try tensor.parts.map { try storedBytes($0, of: position) }
    try checkRoom(for: tensor, byteCount: byteCount)
    for (part, bytes) in zip(tensor.parts, parts) {
      try check(TensorContents(bytes: bytes, uncheckedCRC: part.maskedCRC.map(CRC32C.unmask)), position)
    }
    let whole = try ByteView(byteCount: byteCount) { whole in
      for (slice, part) in zip(tensor.entry.slices, parts) {
        guard let box = slice.box(in: tensor.entry.shape) else { continue }
        part.withUnsafeBytes {
          Boxes.scatter($0, box, into: whole, dimensions: tensor.entry.shape.dimensions, elementSize: elementSize)
        }
      }
    }
    guard index.header.isBigEndian, let unit = dtype.byteOrderUnit, unit > 1 else { return whole }
    return try swapped(whole, unit: unit)
  }

  private func swapped(_ view: ByteView, unit: Int) throws -> ByteView {
    try view.withUnsafeBytes { bytes in
      try ByteView(byteCount: bytes.count) { out in
        out.copyMemory(from: bytes)
        ElementOrder.swapBytes(out, unit: unit)
      }
    }
  }
}
