import Bytes
import Tensors

/// Writes a plan as a `.safetensors` file, byte for byte as the reference library does: tensors by falling element
/// type and then by name, the header padded with spaces to a multiple of 8.
public struct SafetensorsWriter {
  public let path: String
  /// The tensors as they will lie in the file.
  private let tensors: [PlannedTensor]
  private let header: [UInt8]
  private let existing: AtomicFile.Existing

  /// Checks, before any work, that the format can hold every tensor and that the file can be created.
  ///
  /// - Parameter metadata: free text about the file; written in the order of its keys (the reference library's own
  ///   order changes from run to run).
  /// - Throws: ``KernelError`` `.usage` naming a tensor that the format cannot hold, `.cannotCreate` or `.io` when
  ///   `path` cannot be created or its disk is too full.
  public init(
    _ plan: OutputPlan, to path: String, existing: AtomicFile.Existing, metadata: [String: String] = [:]
  ) throws {
    self.path = path
    self.existing = existing
    let members = try plan.tensors.map { try Member($0, path: path) }.sorted { a, b in
      a.rank != b.rank ? a.rank > b.rank : a.tensor.info.name < b.tensor.info.name
    }
    tensors = members.map(\.tensor)
    header = SafetensorsWriter.header(members, metadata)
    guard header.count <= SafetensorsHeader.lengthLimit else {
      throw KernelError(
        .usage, path, "a header of \(header.count) bytes exceeds the limit of \(SafetensorsHeader.lengthLimit)",
        hint: "split the checkpoint")
    }
    try checkRoom(at: path, existing: existing, byteCount: [8, header.count, plan.byteCount].saturatedSum)
  }

  /// Writes the file and makes it appear.
  ///
  /// - Parameter progress: called with the bytes of tensors written so far.
  public func write(_ workers: Workers, progress: (Int) -> Void = { _ in }) throws {
    try prepare(workers, progress: progress).commit()
  }

  /// Writes everything, but makes nothing visible yet.
  func prepare(_ workers: Workers, progress: (Int) -> Void) throws -> PreparedCheckpoint {
    let pump = TensorPump(workers)
    let file = try AtomicFile(path, existing: existing)
    var start: [UInt8] = []
    start.append(fixed64: UInt64(header.count))
    try file.write(start + header)
    var done = 0
    for tensor in tensors {
      try pump.pump(tensor, into: file)
      done += tensor.info.byteCount
      progress(done)
    }
    try file.prepare()
    return PreparedCheckpoint(files: [file])
  }
}

extension SafetensorsWriter {
  /// A tensor with what the header says of it.
  private struct Member {
    let tensor: PlannedTensor
    let name: String
    let dtype: String
    let rank: Int

    init(_ tensor: PlannedTensor, path: String) throws {
      self.tensor = tensor
      let info = tensor.info
      name = try utf8Name(of: info, path: path, format: "safetensors")
      guard name != SafetensorsHeader.metadataKey else {
        throw KernelError(
          .usage, path, at: .tensor(name), "the name is reserved in safetensors files", hint: "rename the tensor")
      }
      guard let entry = SafetensorsType.entry(for: info.dtype) else {
        throw unsupported(info, path: path, format: "safetensors")
      }
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
      // Saturated, what a hostile index announces fails for lack of space.
      let end = [offset, member.tensor.info.byteCount].saturatedSum
      text += quoted(member.name)
      text +=
        ":{\"dtype\":\"\(member.dtype)\",\"shape\":\(member.tensor.info.shape),\"data_offsets\":[\(offset),\(end)]}"
        .utf8
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
