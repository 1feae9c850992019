import Bytes
import Tensors

/// A `.npz` archive, as `numpy.savez` and `numpy.savez_compressed` write it, opened for reading.
///
/// Opening reads the archive's directory and the header of each array. A stored array in TensorFlow's order is
/// served in place; memory is one tensor (two, if it is in Fortran order or big-endian) for each ``contents(of:)``
/// of a compressed one. Arrays of strings are small in practice and held from the start.
public struct NpzFile: TensorSource {
  public let path: String
  public let tensors: [TensorInfo]
  private let file: ByteView
  /// For each of ``tensors``.
  private let members: [Member]

  private struct Member {
    let info: TensorInfo
    let stored: ZipDirectory.Member
    let header: NpyHeader
    /// The bundle's encoding of an array of strings.
    let strings: ByteView?
  }

  /// - Throws: ``KernelError`` when the file is missing or damaged, or holds what is no tensor.
  public init(path: String) throws { try self.init(MappedFile(path).view, path: path) }

  init(_ file: ByteView, path: String) throws {
    self.path = path
    self.file = file
    let directory = try ZipDirectory(file, path: path)
    members = try directory.members.map { try NpzFile.member($0, file, path: path) }
      .sorted { $0.info.name < $1.info.name }
    tensors = members.map(\.info)
    for (a, b) in zip(tensors, tensors.dropFirst()) where a.name == b.name {
      throw KernelError(.badData, path, at: .tensor(a.name.description), "two arrays have this name")
    }
  }

  public func contents(of index: Int) throws -> TensorContents {
    let member = members[index]
    if let strings = member.strings { return TensorContents(bytes: strings) }
    let whole = try NpzFile.bytes(of: member.stored, file, path: path)
    return TensorContents(bytes: member.header.ordered(whole.subview(member.header.headerByteCount..<whole.count)))
  }
}

extension NpzFile {
  private static func member(_ stored: ZipDirectory.Member, _ file: ByteView, path: String) throws -> Member {
    let suffix = Array(".npy".utf8)
    let hasSuffix = stored.name.suffix(suffix.count).elementsEqual(suffix)
    let name = TensorName(utf8: hasSuffix ? Array(stored.name.dropLast(suffix.count)) : stored.name)
    func fail(_ problem: String) -> KernelError {
      KernelError(.badData, path, at: .tensor(name.description), problem)
    }
    let header: NpyHeader
    do { header = try NpzFile.header(of: stored, file) } catch let fault as ByteReader.Fault {
      throw fail("byte \(fault.offset) of its array: \(fault.problem)")
    } catch let damage as Inflate.Damage {
      throw fail(damage.problem)
    }
    guard stored.size - header.headerByteCount == header.dataByteCount else {
      throw fail(
        "its array of shape \(header.shape) takes \(header.dataByteCount) bytes,"
          + " but \(stored.size - header.headerByteCount) are stored")
    }
    var info = TensorInfo(name: name, dtype: .string, shape: header.shape, byteCount: header.dataByteCount)
    if case .number(let dtype, _) = header.element {
      info.dtype = dtype
      return Member(info: info, stored: stored, header: header, strings: nil)
    }
    let whole = try bytes(of: stored, file, path: path)
    let data = header.ordered(whole.subview(header.headerByteCount..<whole.count))
    guard let strings = NpyStrings.decode(data, header.element) else {
      throw fail("its text holds a number that is no Unicode character")
    }
    let encoded = ByteView(StringTensor.encode(strings))
    info.byteCount = encoded.count
    return Member(info: info, stored: stored, header: header, strings: encoded)
  }

  /// The array's header, inflating no more than it takes.
  private static func header(of member: ZipDirectory.Member, _ file: ByteView) throws -> NpyHeader {
    try file.subview(member.data).withUnsafeBytes { stored in
      guard member.isDeflated else { return try NpyHeader(parsing: stored) }
      // Nearly every header has 128 bytes.
      if let header = try? inflatedHeader(stored, room: min(256, member.size)) { return header }
      return try inflatedHeader(stored, room: min(NpyHeader.lengthLimit + 12, member.size))
    }
  }

  private static func inflatedHeader(_ stored: UnsafeRawBufferPointer, room: Int) throws -> NpyHeader {
    try withUnsafeTemporaryAllocation(byteCount: room, alignment: 8) { buffer in
      let count = try Inflate.beginning(of: stored, into: buffer)
      return try NpyHeader(parsing: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// The CRC-32 of `bytes`; a mapped file's pages are given back on the way, so a large member takes no memory.
  private static func checksum(of bytes: ByteView) -> UInt32 {
    let step = 8 << 20
    return stride(from: 0, to: bytes.count, by: step).reduce(0) { crc, start in
      let piece = start..<min(start + step, bytes.count)
      let next = bytes.subview(piece).withUnsafeBytes { CRC32.extend(crc, $0) }
      bytes.releasePages(piece)
      return next
    }
  }

  /// The member inflated, its checksum checked.
  private static func bytes(of member: ZipDirectory.Member, _ file: ByteView, path: String) throws -> ByteView {
    let place = KernelError.Place.member(String(decoding: member.name, as: UTF8.self))
    var bytes = file.subview(member.data)
    if member.isDeflated {
      do {
        let stored = bytes
        bytes = try ByteView(byteCount: member.size) { output in
          try stored.withUnsafeBytes { try Inflate.all($0, into: output) }
        }
      } catch let damage as Inflate.Damage {
        throw KernelError(.badData, path, at: place, damage.problem)
      }
    }
    let found = checksum(of: bytes)
    guard found == member.crc else {
      throw KernelError(
        .badData, path, at: place, "checksum \(hex(found)) of its bytes does not match \(hex(member.crc))",
        hint: "the file is damaged; copy it again")
    }
    return bytes
  }
}

/// numpy's strings of fixed width.
private enum NpyStrings {
  /// The elements without their padding, text as UTF-8; `nil` when a number is no Unicode scalar.
  static func decode(_ data: ByteView, _ element: NpyHeader.Element) -> [[UInt8]]? {
    switch element {
    case .number: nil
    case .bytes(let width): bytes(data, width: width)
    case .text(let width, _): text(data, width: width)
    }
  }

  private static func bytes(_ data: ByteView, width: Int) -> [[UInt8]] {
    data.withUnsafeBytes { data in
      stride(from: 0, to: data.count, by: width).map { start in
        var end = start + width
        while end > start, data[end - 1] == 0 { end -= 1 }
        return [UInt8](data[start..<end])
      }
    }
  }

  private static func text(_ data: ByteView, width: Int) -> [[UInt8]]? {
    data.withUnsafeBytes { data in
      var strings: [[UInt8]] = []
      for start in stride(from: 0, to: data.count, by: 4 * width) {
        var string = ""
        var zeros = 0
        for offset in stride(from: start, to: start + 4 * width, by: 4) {
          let number = UInt32(littleEndian: data.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
          guard let scalar = Unicode.Scalar(number) else { return nil }
          if number == 0 {
            zeros += 1
          } else {
            // Zeros inside the text count; only those at its end are padding.
            string += String(repeating: "\0", count: zeros)
            zeros = 0
            string.unicodeScalars.append(scalar)
          }
        }
        strings.append(Array(string.utf8))
      }
      return strings
    }
  }
}
