import Bytes
import Checkpoints
import Tensors
import TestSupport
import Testing

/// The text of tensors, judged by reading it back and by what numpy prints.
@Suite struct TensorTextTests {
  @Test func rowsMatricesAndStacksAreSetApart() throws {
    let values = (0..<24).map { UInt8($0) }
    #expect(try text(.uint8, [2, 3], Array(values[..<6])) == "0 1 2\n3 4 5\n")
    #expect(try text(.uint8, [2, 2, 2], Array(values[..<8])) == "0 1\n2 3\n\n4 5\n6 7\n")
    #expect(
      try text(.uint8, [2, 1, 2, 2], Array(values[..<8])) == "0 1\n2 3\n\n\n4 5\n6 7\n")
    #expect(try text(.uint8, [], [9]) == "9\n")
    #expect(try text(.uint8, [3, 0], []) == "")
    #expect(try text(.uint8, [1], [9]) == "9\n")
  }

  @Test func floatsHaveTheFewestDigits() throws {
    #expect(
      try text(.float32, [6], encode([0.1, 1.0 / 3, .infinity, -.infinity, -0.0, 1e-45], .float32))
        == "0.1 0.33333334 inf -inf -0.0 1e-45\n")
    #expect(try text(.float32, [1], [0, 0, 0xc0, 0xff]) == "nan\n")
    #expect(try text(.half, [3], [0x66, 0x2e, 0xff, 0x7b, 0x01, 0x00]) == "0.1 65504.0 6e-08\n")
    #expect(try text(.bfloat16, [4], [0xcd, 0x3d, 0x62, 0x7f, 0x20, 0xc0, 0x01, 0]) == "0.1 3e+38 -2.5 9e-41\n")
  }

  /// All of them, read back through float32 as numpy does.
  @Test func everyBfloat16ReadsBack() throws {
    let codes = (0...UInt16.max).filter { $0 & 0x7fff <= 0x7f80 }
    let bytes = codes.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    let words = try text(.bfloat16, [codes.count], bytes).split(whereSeparator: \.isWhitespace)
    #expect(words.count == codes.count)
    let wrong = zip(codes, words).filter { code, word in
      Float(word).map { Widening.bfloat16Bits($0) } != code
    }
    #expect(wrong.isEmpty)
    #expect(words.map(\.utf8.count).max() ?? 0 <= "-16700000.0".utf8.count)
  }

  @Test func integersAndBooleansAreExact() throws {
    #expect(try text(.int64, [1], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]) == "9223372036854775807\n")
    #expect(try text(.uint64, [1], [UInt8](repeating: 0xff, count: 8)) == "18446744073709551615\n")
    #expect(try text(.bool, [2], [0, 1]) == "false true\n")
    #expect(try text(.int4, [3], [1, 8, 7]) == "1 -8 7\n")
    #expect(try text(.uint2, [2], [3, 0]) == "3 0\n")
  }

  @Test func complexNumbersAreWrittenAsPythonDoes() throws {
    #expect(
      try text(.complex64, [3], encode([1, 2, 0, -0.5, 1, .nan], .float32)) == "(1.0+2.0j) (0.0-0.5j) (1.0+nanj)\n")
  }

  @Test func stringsAreQuotedAndEscaped() throws {
    let strings = ["", "a\"b\\c\n\t\u{1}é"].map { Array($0.utf8) } + [[0xff, 0x41]]
    #expect(
      try text(.string, [3], StringTensor.encode(strings)) == #""" "a\"b\\c\n\t\x01é" "\xffA""# + "\n")
  }

  @Test func variantsHaveNoText() throws {
    #expect(throws: KernelError.self) { try text(.variant, [], []) }
  }

  @Test func rawBytesAreTheStoredOnes() throws {
    let sink = Collector()
    try RawValues.write(info(.string, []), ByteView(StringTensor.encode([Array("proto".utf8)])), of: "x", to: sink)
    #expect(sink.text == "proto")
    let two = ByteView(StringTensor.encode([[1], [2]]))
    #expect(throws: KernelError.self) { try RawValues.write(info(.string, [2]), two, of: "x", to: sink) }
  }

  @Test func aMissingNameBringsTheNearest() throws {
    let source = try Bundle(prefix: fixture("boliu/average/model.ckpt-10"))
    #expect(source.names(near: "tower/gates/wieghts").first == "tower/gates/weights")
    #expect(source.names(near: "gates/weights").first == "tower/gates/weights")
    #expect(source.names(near: "zzzzzzzz").isEmpty)
    #expect(throws: KernelError.self) { try source.requiredIndex(of: "gates/weights") }
  }

  private func info(_ dtype: DType, _ shape: [Int]) throws -> TensorInfo {
    TensorInfo(name: "x", dtype: dtype, shape: try #require(Shape(shape)), byteCount: 0)
  }

  private func text(_ dtype: DType, _ shape: [Int], _ bytes: [UInt8]) throws -> String {
    let sink = Collector()
    try TensorText.write(info(dtype, shape), ByteView(bytes), of: "x", to: sink)
    return sink.text
  }
}

/// Keeps what is written to it.
private final class Collector: ByteSink {
  private var bytes: [UInt8] = []
  var text: String { String(decoding: bytes, as: UTF8.self) }
  func write(_ bytes: UnsafeRawBufferPointer) { self.bytes += bytes }
}
