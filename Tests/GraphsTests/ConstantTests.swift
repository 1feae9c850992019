import Bytes
import Graphs
import Tensors
import TestSupport
import Testing

/// Constants in every way of writing them, against what a `Const` gives when TensorFlow runs it.
@Suite struct ConstantTests {
  @Test func valuesAreWhatTensorFlowComputes() throws {
    let cases = try Expected.constants()
    #expect(cases.count > 150)
    for entry in cases {
      let tensor = EncodedTensor(bytes: unhex(entry["proto"] as? String ?? ""))
      let value = try tensor.decoded(of: "c")
      #expect(value.dtype.name == entry["dtype"] as? String)
      #expect(value.shape.dimensions == entry["shape"] as? [Int])
      #expect(value.bytes == unhex(entry["bytes"] as? String ?? ""), "\(entry)")
      #expect(value.strings == (entry["strings"] as? [String] ?? []).map(unhex), "\(entry)")
      #expect(try EncodedTensor(value).decoded(of: "c") == value)
    }
  }

  @Test func sizesThatLieAreRefused() {
    let cases: [(String, [UInt8])] = [
      ("its constant: it has 4 bytes where [2] of float32 has 8", [8, 1, 18, 4, 18, 2, 8, 2, 34, 4, 0, 0, 0, 0]),
      (
        "its constant: its shape [?] is not a constant's",
        [8, 1, 18, 13, 18, 11, 8] + [UInt8](repeating: 255, count: 9) + [1]
      ),
      ("its constant: it is of type 0, which has no values", []),
      ("its constant: it is of type resource, or of a size that overflows", [8, 20]),
      ("its constant: it is said to have 4294967296 bytes", [8, 4, 18, 8, 18, 6, 8, 128, 128, 128, 128, 16]),
    ]
    for (problem, bytes) in cases {
      #expect {
        try EncodedTensor(bytes: bytes).decoded(of: "c")
      } throws: { error in
        (error as? KernelError)?.problem == problem && (error as? KernelError)?.place == .node("c")
      }
    }
  }

  @Test func oneValueMayStandForMany() throws {
    // [100000] of float32, all 1.5.
    let tensor = EncodedTensor(bytes: [8, 1, 18, 6, 18, 4, 8, 0xa0, 0x8d, 6, 42, 4, 0, 0, 0xc0, 0x3f])
    let value = try tensor.decoded(of: "c")
    #expect(value.bytes.count == 400_000)
    #expect(
      stride(from: 0, to: 400_000, by: 4).allSatisfy { Array(value.bytes[$0..<($0 + 4)]) == [0, 0, 0xc0, 0x3f] })
  }
}
