import CCrypto

/// SHA-256 (FIPS 180-4), computed by libcrypto.
///
/// Not for use by two threads at once.
package final class SHA256 {
  /// Bytes of a digest.
  package static let byteCount = 32

  private let context: OpaquePointer

  /// - Throws: ``KernelError`` `.io` when libcrypto offers no SHA-256 (a restricted build of it).
  package init() throws {
    guard let context = EVP_MD_CTX_new() else { throw SHA256.unavailable }
    self.context = context
    try restart()
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Forgets what was added, so that one value digests many things.
  package func restart() throws {
    guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw SHA256.unavailable }
  }

  package func update(_ bytes: UnsafeRawBufferPointer) throws {
    guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { throw SHA256.unavailable }
  }

  package func update(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try update($0) } }

  /// The 32 bytes of the digest; nothing may be added before ``restart()``.
  package func finish() throws -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: SHA256.byteCount)
    guard EVP_DigestFinal_ex(context, &digest, nil) == 1 else { throw SHA256.unavailable }
    return digest
  }

  /// Appends the 32 bytes of the digest to `digests`; nothing may be added before ``restart()``.
  package func finish(appendingTo digests: inout [UInt8]) throws {
    let start = digests.count
    for _ in 0..<SHA256.byteCount { digests.append(0) }
    let status = digests.withUnsafeMutableBufferPointer { bytes in
      EVP_DigestFinal_ex(context, UnsafeMutableBufferPointer(rebasing: bytes[start...]).baseAddress, nil)
    }
    guard status == 1 else { throw SHA256.unavailable }
  }

  /// `digest` in hexadecimal.
  package static func text(_ digest: [UInt8]) -> String {
    digest.reduce(into: "") { text, byte in text += (byte < 16 ? "0" : "") + String(byte, radix: 16) }
  }

  private static var unavailable: KernelError { KernelError(.io, "", "libcrypto cannot compute SHA-256 here") }
}
