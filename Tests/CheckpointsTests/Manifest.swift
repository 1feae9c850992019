import Bytes
import CCrypto
import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// What TensorFlow's own reader found in a checkpoint (`Tests/Fixtures/ORIGIN.md`).
struct Manifest: Sendable, CustomTestStringConvertible {
  /// One tensor as TensorFlow described it; both digests are absent where TensorFlow could not show the values.
  struct Tensor: Sendable {
    let name: String
    let dtype: String
    let shape: [Int]
    let digest: String?
    let stringDigest: String?
  }

  /// The checkpoint's path below the folder that holds `manifests/`, for people to read.
  let name: String
  /// The checkpoint's path.
  let path: String
  let tensors: [Tensor]

  var testDescription: String { name }

  /// Every manifest in `folder/manifests` whose checkpoint is there.
  static func all(in folder: String) -> [Manifest] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/manifests")) ?? []
    return names.sorted().compactMap { Manifest(file: $0, in: folder) }
  }

  private init?(file: String, in folder: String) {
    guard let suffix = [".ckpt.json", ".v1.json"].first(where: { file.hasSuffix($0) }) else { return nil }
    name = file.dropLast(suffix.count).replacingOccurrences(of: "__", with: "/")
    path = folder + "/" + name
    guard (try? CheckpointLocation(path)) != nil,
      let data = FileManager.default.contents(atPath: folder + "/manifests/" + file),
      let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let listed = object["tensors"] as? [String: [String: Any]]
    else { return nil }
    tensors = listed.map { name, fields in
      Tensor(
        name: name, dtype: fields["dtype"] as? String ?? "", shape: fields["shape"] as? [Int] ?? [],
        digest: fields["sha256"] as? String, stringDigest: fields["sha256_strings"] as? String)
    }
  }

  /// Compares `source` with the manifest, tensor by tensor.
  func check(_ source: any TensorSource) throws {
    #expect(source.tensors.map(\.name) == tensors.map { TensorName($0.name) }.sorted())
    for expected in tensors {
      let index = try #require(source.index(of: TensorName(expected.name)), "\(expected.name) is missing")
      let info = source.tensors[index]
      #expect(info.dtype.name == expected.dtype, "\(expected.name)")
      #expect(info.shape.dimensions == expected.shape, "\(expected.name)")
      let contents = try source.checkedContents(of: index)
      if let digest = expected.digest {
        #expect(contents.bytes.withUnsafeBytes { sha256($0) } == digest, "\(expected.name)")
      }
      if let digest = expected.stringDigest {
        let strings = try contents.bytes.withUnsafeBytes {
          try StringTensor.decode($0, count: info.shape.elementCount)
        }
        var framed: [UInt8] = []
        for string in strings {
          withUnsafeBytes(of: UInt64(string.count).littleEndian) { framed += $0 }
          framed += string
        }
        #expect(framed.withUnsafeBytes { sha256($0) } == digest, "\(expected.name)")
      }
    }
  }
}

/// The SHA-256 of `bytes` as hexadecimal digits, computed by OpenSSL.
func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
  var digest = [UInt8](repeating: 0, count: 32)
  let done = EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha256(), nil)
  precondition(done == 1, "OpenSSL computes no SHA-256")
  return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
