import Bytes
import Checkpoints
import Tensors
import TestSupport
import Testing

/// Compares every tensor of `source` with what the program that wrote the file says.
func expectContents(of source: some TensorSource, _ expected: [String: ExpectedTensor]) throws {
  #expect(source.tensors.map(\.name) == expected.keys.map { TensorName($0) }.sorted())
  for (index, info) in source.tensors.enumerated() {
    let tensor = try #require(expected[info.name.description])
    let contents = try source.checkedContents(of: index).bytes
    #expect(info.dtype.name == tensor.dtype)
    #expect(info.shape.dimensions == tensor.shape)
    #expect(info.byteCount == contents.count)
    if let strings = tensor.strings {
      let decoded = try contents.withUnsafeBytes { try StringTensor.decode($0, count: info.shape.elementCount) }
      #expect(decoded == strings)
    } else {
      #expect(contents.array == tensor.bytes)
    }
  }
}

/// Opens and reads all of a container; returns the sum of its tensors' sizes.
func readAll(_ source: some TensorSource) throws -> Int {
  var total = 0
  for (index, info) in source.tensors.enumerated() {
    let contents = try source.contents(of: index)
    #expect(contents.bytes.count == info.byteCount)
    if let size = info.shape.byteCount(of: info.dtype) { #expect(size == info.byteCount) }
    total += contents.bytes.count
  }
  return total
}

/// A container with given tensors, to write from.
struct ListedTensors: TensorSource {
  let path = "list"
  let tensors: [TensorInfo]
  private let bytes: [ByteView]

  init(_ list: [(name: TensorName, dtype: DType, shape: [Int], bytes: [UInt8])]) {
    let sorted = list.sorted { $0.name < $1.name }
    tensors = sorted.map {
      TensorInfo(name: $0.name, dtype: $0.dtype, shape: Shape($0.shape) ?? .scalar, byteCount: $0.bytes.count)
    }
    bytes = sorted.map { ByteView($0.bytes) }
  }

  func contents(of index: Int) throws -> TensorContents { TensorContents(bytes: bytes[index]) }
}
