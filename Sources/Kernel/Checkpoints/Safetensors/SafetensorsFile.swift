import Bytes
import Tensors

/// A `.safetensors` file opened for reading.
///
/// Opening parses the header and checks it against the file as the format demands: tensors tile the data without
/// hole or overlap, each as large as its shape says. Memory: the list of tensors; contents are served in place.
public struct SafetensorsFile: TensorSource {
  public let path: String
  public let tensors: [TensorInfo]
  /// The header's free text, in its order.
  public let metadata: [(key: String, value: String)]

  private let data: ByteView
  /// Where each of ``tensors`` begins in ``data``.
  private let offsets: [Int]

  /// - Throws: ``KernelError`` when the file is missing, damaged, or holds a type that TensorFlow lacks.
  public init(path: String) throws { try self.init(MappedFile(path).view, path: path) }

  init(_ file: ByteView, path: String) throws {
    let headerLength = try file.withUnsafeBytes { try SafetensorsFile.headerLength($0, path: path) }
    let text = file.subview(8..<(8 + headerLength))
    let header: SafetensorsHeader
    do {
      header = try text.withUnsafeBytes { text throws(ByteReader.Fault) in try SafetensorsHeader(parsing: text) }
    } catch let fault as ByteReader.Fault {
      throw KernelError(.badData, path, at: .byte(8 + fault.offset), fault.problem)
    }
    data = file.subview((8 + headerLength)..<file.count)
    try SafetensorsFile.checkTiling(header.entries, dataCount: data.count, path: path)
    var located: [(info: TensorInfo, offset: Int)] = []
    for entry in header.entries { located.append((try SafetensorsFile.info(of: entry, path: path), entry.begin)) }
    located.sort { $0.info.name < $1.info.name }
    tensors = located.map(\.info)
    offsets = located.map(\.offset)
    metadata = header.metadata
    self.path = path
  }

  public func contents(of index: Int) throws -> TensorContents {
    TensorContents(bytes: data.subview(offsets[index]..<(offsets[index] + tensors[index].byteCount)))
  }
}

extension SafetensorsFile {
  /// The length of the header, which fits the file.
  private static func headerLength(_ file: UnsafeRawBufferPointer, path: String) throws -> Int {
    var reader = ByteReader(file)
    guard let length = try? reader.fixed64() else {
      throw KernelError(
        .badData, path, "is no safetensors file: it has \(file.count) bytes, and the header's length takes 8")
    }
    guard length <= UInt64(SafetensorsHeader.lengthLimit) else {
      throw KernelError(
        .badData, path, at: .byte(0),
        "a header of \(length) bytes exceeds the limit of \(SafetensorsHeader.lengthLimit)",
        hint: "is this a safetensors file?")
    }
    guard length <= UInt64(reader.remaining) else {
      throw KernelError(
        .badData, path, at: .byte(0), "a header of \(length) bytes is announced but \(reader.remaining) remain",
        hint: "the file is truncated; copy it again")
    }
    return Int(length)
  }

  /// Checks that the entries, sorted by offset, follow each other from 0 to the end of the data.
  private static func checkTiling(_ entries: [SafetensorsHeader.Entry], dataCount: Int, path: String) throws {
    let byOffset = entries.sorted { ($0.begin, $0.end) < ($1.begin, $1.end) }
    var expected = 0
    for entry in byOffset {
      func fail(_ problem: String) -> KernelError {
        KernelError(.badData, path, at: .tensor(entry.name), "its bytes \(entry.begin)..<\(entry.end) \(problem)")
      }
      guard entry.begin <= entry.end else { throw fail("end before they begin") }
      guard entry.begin >= expected else { throw fail("overlap those of another tensor, which end at \(expected)") }
      guard entry.begin == expected else { throw fail("leave a hole after byte \(expected)") }
      guard entry.end <= dataCount else { throw fail("exceed the \(dataCount) bytes of data in the file") }
      expected = entry.end
    }
    guard expected == dataCount else {
      throw KernelError(
        .badData, path, "\(dataCount - expected) bytes at the end belong to no tensor",
        hint: "the file was appended to, or its header belongs to another file")
    }
  }

  private static func info(of entry: SafetensorsHeader.Entry, path: String) throws -> TensorInfo {
    func fail(_ problem: String, hint: String? = nil) -> KernelError {
      KernelError(.badData, path, at: .tensor(entry.name), problem, hint: hint)
    }
    guard let dtype = SafetensorsType.dtype(named: entry.dtype) else {
      throw fail("its type \"\(entry.dtype.printable)\" has no counterpart in TensorFlow")
    }
    guard let shape = Shape(entry.dimensions), let byteCount = shape.byteCount(of: dtype) else {
      throw fail("a tensor of its shape is larger than any memory")
    }
    guard byteCount == entry.end - entry.begin else {
      throw fail("\(dtype.name) \(shape) takes \(byteCount) bytes, but \(entry.end - entry.begin) are given")
    }
    return TensorInfo(name: TensorName(entry.name), dtype: dtype, shape: shape, byteCount: byteCount)
  }
}
