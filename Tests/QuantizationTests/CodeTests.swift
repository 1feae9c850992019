import Bytes
import Checkpoints
import Foundation
import Quantization
import Tensors
import Testing

/// Codes against the rule that defines them, and their way into bytes and back.
@Suite struct CodeTests {
  private let workers = Workers(2)

  private func bytes(_ maker: some PieceMaker, count: Int, pieceSize: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0xee, count: count)
    try bytes.withUnsafeMutableBytes { bytes in
      for start in stride(from: 0, to: count, by: pieceSize) {
        let range = start..<min(start + pieceSize, count)
        try maker.make(range, into: UnsafeMutableRawBufferPointer(rebasing: bytes[range]))
      }
    }
    return bytes
  }

  /// What numpy's `argmin` over squared distances in float64 finds.
  private func nearest(_ value: Float, _ levels: [Double]) -> UInt8 {
    let distances = levels.map { (Double(value) - $0) * (Double(value) - $0) }
    return UInt8(distances.firstIndex(of: distances.min() ?? 0) ?? 0)
  }

  /// Numbers of many scales, and those half-way between neighbours: exact ties.
  private func values(_ count: Int) -> [Float] {
    var random = Random(7)
    return (0..<count).map { index in
      switch index % 4 {
      case 0: Float(Int(random.uniform() * 511)) / 2
      case 1: Float(random.uniform() * 255)
      case 2: Float(255 * pow(random.uniform(), 9))
      default: Float(Int(random.uniform() * 255))
      }
    } + [0, 255]
  }

  @Test(arguments: [2, 5, 8], [CodebookMethod.uniform, .quantile, .kMeans])
  func codesAreThoseOfTheRule(bits: Int, method: CodebookMethod) throws {
    // Few numbers are searched for, many looked up.
    for count in [999, 140_000] {
      let values = values(count)
      let tensor = try WeightTensor(Memory.tensor(values), workers)
      let codebook = try CodebookMaker(tensor, workers).make(method, bits: bits).codebook
      let maker = CodeMaker(tensor, codebook, tally: nil)
      let codes = try decoded(maker, codebook, values.count, pieceSize: 4096)
      let checked = stride(from: 0, to: values.count, by: count / 999)
      let wrong = checked.first { codes[$0] != codebook.stored[Int(nearest(values[$0], codebook.levels))] }
      #expect(wrong == nil, "\(wrong.map { values[$0] } ?? 0)")
    }
  }

  private func decoded(
    _ maker: CodeMaker, _ codebook: Codebook, _ count: Int, pieceSize: Int
  ) throws -> [Float] {
    let packed = try bytes(maker, count: maker.planes.byteCount, pieceSize: pieceSize)
    let source = Stored(codes: packed, codebook: codebook.stored)
    let decoder = try DecodedMaker(
      codes: TensorRef(source, 0), TensorRef(source, 1), bits: codebook.bits, elementCount: count)
    return try bytes(decoder, count: 4 * count, pieceSize: 4 * pieceSize).withUnsafeBytes {
      [Float]($0.bindMemory(to: Float.self))
    }
  }

  @Test(arguments: 2...8) func packedCodesComeBack(bits: Int) throws {
    for count in [1, 7, 8, 9, 4099] {
      var random = Random(UInt64(count))
      let values = (0..<count).map { _ in Float(random.uniform()) }
      let tensor = try WeightTensor(Memory.tensor(values), workers)
      let codebook = try CodebookMaker(tensor, workers).make(.uniform, bits: bits).codebook
      let maker = CodeMaker(tensor, codebook, tally: nil)
      #expect(maker.planes.byteCount <= (count * bits + 7) / 8 + 2)
      // Pieces may be cut anywhere.
      for size in [1 << 20, 64, 5] {
        #expect(
          try decoded(maker, codebook, count, pieceSize: size)
            == values.map { codebook.stored[Int(nearest($0, codebook.levels))] })
      }
    }
  }

  @Test func planesLieAsDocumented() {
    let planes = CodePlanes(bits: 7, elementCount: 9).planes
    #expect(planes.map(\.bits) == [4, 2, 1] && planes.map(\.shift) == [0, 4, 6])
    #expect(planes.map(\.bytes) == [0..<5, 5..<8, 8..<10])
    #expect(CodePlanes(bits: 8, elementCount: 9).byteCount == 9)
  }

  @Test func errorsAreThoseOfTheDecodedNumbers() throws {
    let values = values(5000)
    let tensor = try WeightTensor(Memory.tensor(values), workers)
    let codebook = try CodebookMaker(tensor, workers).make(.quantile, bits: 3).codebook
    let decoded = values.map { codebook.stored[Int(nearest($0, codebook.levels))] }
    let errors = zip(values, decoded).map { abs(Double($0) - Double($1)) }
    let sums = try CodeMaker(tensor, codebook, tally: nil).errors(workers)
    #expect(sums.count == values.count)
    #expect(abs(sums.squares - errors.reduce(0) { $0 + $1 * $1 }) < 1e-9 * sums.squares)
    #expect(abs(sums.worst - (errors.max() ?? 0)) < 1e-6)
    let power = values.reduce(0) { $0 + Double($1) * Double($1) }
    #expect(abs(sums.decibels - 10 * log10(power / sums.squares)) < 1e-9)
  }

  @Test func halvesAreThoseOfSwift() throws {
    var random = Random(4)
    let values = (0..<3001).map { _ in Float((random.uniform() - 0.5) * pow(10, random.uniform() * 12 - 8)) }
    let tensor = try WeightTensor(Memory.tensor(values), workers)
    let found = try bytes(HalfMaker(tensor, tally: nil), count: 2 * values.count, pieceSize: 256)
    #expect(found == values.flatMap { value in withUnsafeBytes(of: portableHalf(value)) { Array($0) } })
  }

  /// Rounded to 11 bits, ties to even, by arithmetic on float64.
  private func portableHalf(_ value: Float) -> UInt16 {
    let sign: UInt16 = value < 0 ? 0x8000 : 0
    let size = Double(value.magnitude)
    let exponent = max(size == 0 ? -14 : Int(floor(log2(size))), -14)
    let units = (size * pow(2, Double(10 - exponent))).rounded(.toNearestOrEven)
    let bits = units >= 1024 ? (exponent + 15) << 10 + Int(units) - 1024 : Int(units)
    return sign | UInt16(min(bits, 0x7c00))
  }

  @Test func damagedCodesAreRefused() throws {
    let source = Stored(codes: [0, 1, 2, 3], codebook: [0.5, 1, 1.5])
    let decoder = try DecodedMaker(
      codes: TensorRef(source, 0), TensorRef(source, 1), bits: 8, elementCount: 4)
    #expect { try bytes(decoder, count: 16, pieceSize: 16) } throws: { error in
      (error as? KernelError)?.problem == "code 3 has no number in a codebook of 3"
    }
    #expect(throws: KernelError.self) {
      try DecodedMaker(codes: TensorRef(source, 0), TensorRef(source, 1), bits: 4, elementCount: 4)
    }
    #expect(throws: KernelError.self) {
      try DecodedMaker(codes: TensorRef(source, 0), TensorRef(source, 0), bits: 8, elementCount: 4)
    }
  }
}

/// Codes and a codebook as a checkpoint.
private struct Stored: TensorSource {
  let path = "memory"
  let tensors: [TensorInfo]
  private let values: [ByteView]

  init(codes: [UInt8], codebook: [Float]) {
    tensors = [
      TensorInfo(name: "x_quants", dtype: .uint8, shape: Shape([codes.count])!, byteCount: codes.count),
      TensorInfo(name: "x_space", dtype: .float32, shape: Shape([codebook.count])!, byteCount: 4 * codebook.count),
    ]
    values = [ByteView(codes), codebook.withUnsafeBytes { ByteView([UInt8]($0)) }]
  }

  func contents(of index: Int) throws -> TensorContents { TensorContents(bytes: values[index]) }
}
