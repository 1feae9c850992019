import Bytes
import Glibc

/// Tensors that a bundle has already, so that equal ones need not be written again: several entries of an index may
/// name the same bytes, which TensorFlow reads as it reads any.
///
/// Memory: some 200 bytes a tensor.
struct EqualTensors {
  private struct Key: Hashable {
    let checksum: UInt32
    let size: Int
  }

  private var known: [Key: [(ref: TensorRef, entry: BundleEntry)]] = [:]

  /// Notes what has been written; only copies of other bundles' tensors can be found again.
  mutating func note(_ tensor: PlannedTensor, _ entry: BundleEntry) {
    guard case .stored(let ref) = tensor.content, let key = EqualTensors.key(ref) else { return }
    known[key, default: []].append((ref, entry))
  }

  /// The entry for a tensor whose bytes are there already; `nil` when they are not.
  ///
  /// - Throws: ``KernelError`` when an input cannot be read.
  func entry(equalTo tensor: PlannedTensor) throws -> BundleEntry? {
    guard case .stored(let ref) = tensor.content, let key = EqualTensors.key(ref), let candidates = known[key]
    else {
      return nil
    }
    let bytes = try ref.source.contents(of: ref.index).bytes
    for candidate in candidates {
      let others = try candidate.ref.source.contents(of: candidate.ref.index).bytes
      let isEqual = bytes.withUnsafeBytes { mine in
        others.withUnsafeBytes { others in
          guard mine.count == others.count, let a = mine.baseAddress, let b = others.baseAddress else {
            return false
          }
          return memcmp(a, b, mine.count) == 0
        }
      }
      guard isEqual else { continue }
      var entry = candidate.entry
      entry.dtype = tensor.info.dtype
      entry.shape = tensor.info.shape
      return entry
    }
    return nil
  }

  private static func key(_ ref: TensorRef) -> Key? {
    guard let stored = ref.bundleTensor, !stored.isSliced, ref.info.dtype.byteCount != nil, ref.info.byteCount > 0,
      let checksum = stored.entry.maskedCRC
    else { return nil }
    return Key(checksum: checksum, size: ref.info.byteCount)
  }
}
