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
  private let archive: NpzArchive
  /// For each of ``tensors``.
  private let members: [Member]

  private struct Member {
    let info: TensorInfo
    let array: NpzArchive.Member
    /// The bundle's encoding of an array of strings.
    let strings: ByteView?
  }

  /// - Throws: ``KernelError`` when the file is missing or damaged, or holds what is no tensor.
  public init(path: String) throws { try self.init(NpzArchive(path: path)) }

  init(_ file: ByteView, path: String) throws { try self.init(NpzArchive(file, path: path)) }

  private init(_ archive: NpzArchive) throws {
    self.archive = archive
    path = archive.path
    // Strings are inflated at once, and deflate can make a thousand bytes of one.
    var room = (256 << 20) + 4 * archive.byteCount
    members = try archive.members.map { try NpzFile.member($0, of: archive, room: &room) }
      .sorted { $0.info.name < $1.info.name }
    tensors = members.map(\.info)
    for (a, b) in zip(tensors, tensors.dropFirst()) where a.name == b.name {
      throw KernelError(.badData, path, at: .tensor(a.name.description), "two arrays have this name")
    }
  }

  /// - Parameter room: the bytes of memory that strings may still take.
  private static func member(
    _ array: NpzArchive.Member, of archive: NpzArchive, room: inout Int
  ) throws -> Member {
    let header = array.header
    let name = TensorName(utf8: array.name)
    var info = TensorInfo(name: name, dtype: .string, shape: header.shape, byteCount: header.dataByteCount)
    if case .number(let dtype, _) = header.element {
      info.dtype = dtype
      return Member(info: info, array: array, strings: nil)
    }
    func fail(_ problem: String) -> KernelError {
      KernelError(.badData, archive.path, at: .tensor(name.description), problem)
    }
    // A string takes some 64 bytes besides its own, and may have none of its own in the file.
    let count = header.shape.elementCount
    if count <= room / 64 { room -= 64 * count } else { room = -1 }
    room -= header.dataByteCount
    guard room >= 0 else { throw fail("its \(count) strings would take too much memory") }
    guard let strings = NpyStrings.decode(try archive.bytes(of: array), header.element) else {
      throw fail("its text holds a number that is no Unicode character")
    }
    let encoded = ByteView(StringTensor.encode(strings))
    info.byteCount = encoded.count
    return Member(info: info, array: array, strings: encoded)
  }

  public func contents(of index: Int) throws -> TensorContents {
    let member = members[index]
    if let strings = member.strings { return TensorContents(bytes: strings) }
    return TensorContents(bytes: try archive.bytes(of: member.array))
  }
}
