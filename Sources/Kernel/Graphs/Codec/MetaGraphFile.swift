import Bytes
import CKernel

extension MetaGraph {
  /// Reads a `.meta` file, or the one graph of a SavedModel's `saved_model.pb`.
  ///
  /// Memory: three to four times the file, most of it for a moment only; a file that would take much more is refused.
  ///
  /// - Throws: ``KernelError`` `.noInput` when it cannot be read, `.badData` when it is no such file.
  public init(reading path: String) throws {
    let file = try MappedFile(path)
    if Path.name(of: path).hasSuffix(".pb") {
      self = try MetaGraph.savedModel(file.view, path: path)
    } else {
      try self.init(decoding: file.view, path: path)
    }
  }

  /// The meta graph that `bytes`, from the file `path`, encode.
  public init(decoding bytes: ByteView, path: String) throws {
    self = try MetaGraph.unpack(bytes, path, ck__meta_graph_def__init) {
      try GraphDecoder.metaGraph($0.pointee)
    }
  }

  private static func savedModel(_ bytes: ByteView, path: String) throws -> MetaGraph {
    try unpack(bytes, path, ck__saved_model__init) { message in
      let graphs = messages(message.pointee.meta_graphs, message.pointee.n_meta_graphs)
      guard graphs.count == 1 else {
        throw KernelError(.badData, path, "holds \(graphs.count) graphs where one is expected")
      }
      return try GraphDecoder.metaGraph(graphs[0].pointee)
    }
  }

  /// Unpacks the message and gives errors the file.
  private static func unpack<Message>(
    _ bytes: ByteView, _ path: String, _ initialize: (UnsafeMutablePointer<Message>) -> Void,
    _ body: (UnsafeMutablePointer<Message>) throws -> MetaGraph
  ) throws -> MetaGraph {
    do {
      guard bytes.count > 0 else { throw KernelError(.badData, path, "is empty") }
      return try bytes.withUnsafeBytes { bytes in
        if looksLikeText(bytes) {
          throw KernelError(
            .badData, path, "is a graph as text; only binary ones are read",
            hint: "write it with as_text=False")
        }
        return try reporting(path, at: 0) { try withUnpacked(bytes, initialize, body) }
      }
    } catch var error as KernelError where error.source.isEmpty {
      error.source = path
      throw error
    }
  }

  /// Whether it begins like protobuf text: comments or blanks, then `field_name {` or `field_name:`.
  private static func looksLikeText(_ bytes: UnsafeRawBufferPointer) -> Bool {
    // A binary MetaGraphDef begins with a line feed (field 1) and a length, which is no letter of a field's name if
    // what follows is not text too.
    var rest = bytes.prefix(4096)
    while let first = rest.first, first == UInt8(ascii: "#") || first == 0x20 || first == 0x0a || first == 0x0d {
      rest = first == UInt8(ascii: "#") ? rest.drop { $0 != 0x0a } : rest.dropFirst()
    }
    let name = rest.prefix { (0x61...0x7a).contains($0) || $0 == UInt8(ascii: "_") }
    let next = rest[name.endIndex...].first { $0 != 0x20 }
    return name.count >= 4 && (next == UInt8(ascii: "{") || next == UInt8(ascii: ":"))
  }

  /// The bytes of ``encoded()``.
  package var encodedByteCount: Int {
    let encoder = GraphEncoder()
    return withExtendedLifetime(encoder.arena) { ck__meta_graph_def__get_packed_size(encoder.metaGraph(self)) }
  }

  /// The encoded message; what was read and not changed is encoded with the same contents.
  ///
  /// Memory: twice the result.
  ///
  /// - Throws: ``KernelError`` `.badData` when it exceeds the 2 GiB that TensorFlow can read.
  public func encoded() throws -> [UInt8] {
    let encoder = GraphEncoder()
    let message = encoder.metaGraph(self)
    let byteCount = ck__meta_graph_def__get_packed_size(message)
    guard byteCount < Int32.max else {
      throw KernelError(.badData, "", "a graph of \(byteCount) bytes is beyond protobuf's 2 GiB")
    }
    return withExtendedLifetime(encoder.arena) { packed(message) }
  }

  /// Writes a `.meta` file, whole or not at all.
  public func write(to path: String, existing: AtomicFile.Existing = .refuse) throws {
    try AtomicFile.write(try encoded(), to: path, existing: existing)
  }
}
