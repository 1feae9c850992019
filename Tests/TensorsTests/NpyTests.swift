import Bytes
import TestSupport
import Testing

@testable import Tensors

/// Files that numpy wrote, and what numpy says is in them (Fixtures/containers/make.py).
@Suite struct NpyTests {
  static let plain = [
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32",
    "float64", "complex64", "complex128", "bfloat16", "scalar", "empty", "rank20", "long_first",
  ]
  static let reordered = [
    "version2", "version3", "big_endian", "big_endian_complex", "big_endian_fortran", "fortran2", "fortran3",
    "fortran4", "fortran_vector", "fortran_bfloat16",
  ]

  @Test(arguments: plain + reordered) func readsWhatNumpyWrote(name: String) throws {
    let array = try NpyArray(path: fixture("containers/\(name).npy"))
    let expected = try #require(try ExpectedTensor.inContainer("\(name).npy")[""])
    #expect(array.dtype.name == expected.dtype)
    #expect(array.shape.dimensions == expected.shape)
    #expect(array.bytes.array == expected.bytes)
  }

  @Test(arguments: plain) func writesTheHeaderThatNumpyWrites(name: String) throws {
    let file = fixtureBytes("containers/\(name).npy")
    let array = try NpyArray(ByteView(file), path: name)
    let header = try #require(NpyHeader.bytes(of: array.dtype, shape: array.shape))
    #expect(header + array.bytes.array == file)
  }

  @Test(arguments: [
    ("object", "Python objects"), ("structured", "structured array"), ("datetime", "dates"),
    ("longdouble", "no TensorFlow type"), ("float8", "unnamed type"), ("int4", "unnamed type"),
  ])
  func refusesWhatIsNoTensor(name: String, reason: String) throws {
    let error = try #require(throws: KernelError.self) { try NpyArray(path: fixture("containers/\(name).npy")) }
    #expect(error.kind == .badData)
    #expect(error.problem.contains(reason))
  }

  @Test func typesWithoutANumpyNameHaveNoHeader() {
    for dtype: DType in [.float8E4M3FN, .int4, .uint2, .qint8, .string, .variant] {
      #expect(NpyHeader.bytes(of: dtype, shape: .scalar) == nil)
    }
  }

  /// A header by hand around 4 bytes of data.
  static func file(_ dictionary: String) -> [UInt8] {
    [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(dictionary.utf8.count), 0] + Array(dictionary.utf8) + [1, 2, 3, 4]
  }

  @Test(arguments: [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
    "{\"descr\": \"<i4\", 'shape': (1L, 1), 'fortran_order': True}\n",
    "{'shape':(),'fortran_order':False,'descr':'bfloat16','x':1}",
    "{'descr': '=u2', 'fortran_order': False, 'shape': (2)}",
  ])
  func readsEveryShapeOfHeaderOrSaysWhy(dictionary: String) throws {
    if dictionary.contains("'x'") {
      let error = try #require(throws: KernelError.self) {
        try NpyArray(ByteView(Self.file(dictionary)), path: "f")
      }
      #expect(error.problem == "unknown key 'x' in the header")
    } else {
      #expect(try NpyArray(ByteView(Self.file(dictionary)), path: "f").bytes.array == [1, 2, 3, 4])
    }
  }

  @Test(arguments: [
    "", "{}", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'shape': (1,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967297)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387905,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '|S0', 'fortran_order': False, 'shape': (4611686018427387905,)}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)",
    "{'descr': '<f\\x34', 'fortran_order': False, 'shape': (1,)}",
  ])
  func refusesLyingHeaders(dictionary: String) {
    #expect(throws: KernelError.self) { try NpyArray(ByteView(Self.file(dictionary)), path: "f") }
  }

  @Test func everyTruncationIsAnError() throws {
    let file = fixtureBytes("containers/fortran3.npy")
    for length in 0..<file.count {
      #expect(throws: KernelError.self) { try NpyArray(ByteView(Array(file[..<length])), path: "f") }
    }
  }

  @Test func damageNeverTraps() throws {
    var random = SplitMix(seed: 1)
    var errors = 0
    for name in ["fortran3", "big_endian", "bfloat16"] {
      let file = fixtureBytes("containers/\(name).npy")
      for _ in 0..<4000 {
        do {
          let array = try NpyArray(ByteView(random.damage(file)), path: "f")
          #expect(array.bytes.count == array.shape.byteCount(of: array.dtype))
        } catch is KernelError { errors += 1 }
      }
    }
    #expect(errors > 1000)
  }
}
