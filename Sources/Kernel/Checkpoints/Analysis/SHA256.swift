import Bytes
import CCrypto

/// SHA-256 (FIPS 180-4), computed by libcrypto.
final class SHA256 {
  private let context: OpaquePointer

  /// - Throws: ``KernelError`` `.io` when libcrypto offers no SHA-256 (a restricted build of it).
  init() throws {
    guard let context = EVP_MD_CTX_new() else { throw SHA256.unavailable }
    self.context = context
    guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw SHA256.unavailable }
  }

  deinit { EVP_MD_CTX_free(context) }

  func update(_ bytes: UnsafeRawBufferPointer) throws {
    guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { throw SHA256.unavailable }
  }

  func update(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try update($0) } }

  /// The 32 bytes of the digest; nothing may be added afterwards.
  func finish() throws -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    guard EVP_DigestFinal_ex(context, &digest, nil) == 1 else { throw SHA256.unavailable }
    return digest
  }

  private static var unavailable: KernelError { KernelError(.io, "", "libcrypto cannot compute SHA-256 here") }
}
