import Bytes
import Tensors

/// Writes a `.safetensors` file as the reference library does, byte for byte: tensors by falling element type and
/// then by name, the header padded with spaces to a multiple of 8.
///
/// The layout is fixed when the writer is made, so a type or name that the format cannot hold fails before any work.
public final class SafetensorsWriter {
  /// The positions of the tensors in the order in which ``write(_:_:)`` must be called.
  public let order: [Int]

  private let tensors: [TensorInfo]
  private let file: AtomicFile
  private var writtenCount = 0

  /// Plans the file for `tensors` and writes its header.
  ///
  /// - Parameter metadata: free text about the file; written in the order of its keys (the reference library's own
  ///   order changes from run to run).
  /// - Throws: ``KernelError`` naming a tensor that the format cannot hold, or when `path` cannot be created.
  public init(
    path: String, existing: AtomicFile.Existing, tensors: [TensorInfo], metadata: [String: String] = [:]
  ) throws {
    self.tensors = tensors
    let members = try tensors.map { try Member($0, path: path) }
    try checkTogether(tensors, path: path)
    order = tensors.indices.sorted { a, b in
      if members[a].rank != members[b].rank { return members[a].rank > members[b].rank }
      return tensors[a].name < tensors[b].name
    }
    let header = SafetensorsWriter.header(order.map { members[$0] }, metadata)
    guard header.count <= SafetensorsHeader.lengthLimit else {
      throw KernelError(
        .usage, path, "a header of \(header.count) bytes exceeds the limit of \(SafetensorsHeader.lengthLimit)",
        hint: "split the checkpoint")
    }
    file = try AtomicFile(path, existing: existing)
    var start: [UInt8] = []
    start.append(fixed64: UInt64(header.count))
    try file.write(start + header)
  }

  /// Writes the tensor at `index`, whose bytes (row-major, little-endian) `body` puts into the sink.
  ///
  /// - Precondition: calls follow ``order``.
  /// - Throws: what `body` throws, or ``KernelError`` when it gives more or fewer bytes than planned.
  public func write(_ index: Int, _ body: (any ByteSink) throws -> Void) throws {
    precondition(writtenCount < order.count && order[writtenCount] == index, "tensors must be written in order")
    let sink = MeasuredSink(file, for: tensors[index], path: file.path)
    try body(sink)
    try sink.finish()
    writtenCount += 1
  }

  /// Makes the file appear.
  ///
  /// - Precondition: all tensors are written.
  public func commit() throws {
    precondition(writtenCount == order.count, "tensors are missing")
    try file.commit()
  }
}

extension SafetensorsWriter {
  /// A tensor with what the header says of it.
  private struct Member {
    let info: TensorInfo
    let name: String
    let dtype: String
    let rank: Int

    init(_ info: TensorInfo, path: String) throws {
      self.info = info
      name = try utf8Name(of: info, path: path, format: "safetensors")
      guard name != SafetensorsHeader.metadataKey else {
        throw KernelError(
          .usage, path, at: .tensor(name), "the name is reserved in safetensors files", hint: "rename the tensor")
      }
      guard let entry = SafetensorsType.entry(for: info.dtype), info.shape.byteCount(of: info.dtype) == info.byteCount
      else { throw unsupported(info, path: path, format: "safetensors") }
      (dtype, rank) = entry
    }
  }

  private static func header(_ members: [Member], _ metadata: [String: String]) -> [UInt8] {
    var text: [UInt8] = Array("{".utf8)
    if !metadata.isEmpty {
      text += quoted(SafetensorsHeader.metadataKey) + Array(":{".utf8)
      for key in metadata.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
        if text.last != UInt8(ascii: "{") { text.append(UInt8(ascii: ",")) }
        text += quoted(key) + Array(":".utf8) + quoted(metadata[key] ?? "")
      }
      text.append(UInt8(ascii: "}"))
    }
    var offset = 0
    for member in members {
      if text.count > 1 { text.append(UInt8(ascii: ",")) }
      let end = offset + member.info.byteCount
      text += quoted(member.name)
      text +=
        ":{\"dtype\":\"\(member.dtype)\",\"shape\":\(member.info.shape),\"data_offsets\":[\(offset),\(end)]}".utf8
      offset = end
    }
    text.append(UInt8(ascii: "}"))
    // Spaces keep the data aligned.
    return text + [UInt8](repeating: 0x20, count: (8 - text.count % 8) % 8)
  }

  /// A JSON string with only the escapes that JSON demands, as serde_json writes it.
  private static func quoted(_ string: String) -> [UInt8] {
    var text: [UInt8] = [0x22]
    for byte in string.utf8 {
      switch byte {
      case 0x08: text += "\\b".utf8
      case 0x09: text += "\\t".utf8
      case 0x0a: text += "\\n".utf8
      case 0x0c: text += "\\f".utf8
      case 0x0d: text += "\\r".utf8
      case 0x22: text += "\\\"".utf8
      case 0x5c: text += "\\\\".utf8
      case 0..<0x20: text += "\\u00\(byte >> 4)\(String(byte & 0xf, radix: 16))".utf8
      default: text.append(byte)
      }
    }
    text.append(0x22)
    return text
  }
}
