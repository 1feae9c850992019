import CArchive
import CCrypto
import CISAL
import CNLopt
import COpenBLAS
import CProtobufC
import CSnappy
import CZlib
import Testing

/// Each system library links and gives a known answer, so that a broken installation shows itself here first.
@Suite struct SystemLibrariesTests {
  private let digits = Array("123456789".utf8)

  /// The check value of CRC-32 in the catalogue of parametrised CRC algorithms.
  @Test func zlib() {
    #expect(crc32(0, digits, 9) == 0xcbf4_3926)
  }

  @Test func openBLAS() {
    let a: [Float] = [1, 2, 3, 4]
    let b: [Float] = [5, 6, 7, 8]
    var c: [Float] = [0, 0, 0, 0]
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, 2, 2, 2, 1, a, 2, b, 2, 0, &c, 2)
    #expect(c == [19, 22, 43, 50])
  }

  /// LAPACK, which OpenBLAS contains: [[4, 2], [2, 5]] = UᵀU with U = [[2, 1], [0, 2]].
  @Test func lapack() {
    var matrix: [Double] = [4, 2, 2, 5]
    var (size, status): (Int32, Int32) = (2, -1)
    dpotrf_("U", &size, &matrix, &size, &status)
    #expect(status == 0)
    #expect(matrix == [2, 2, 1, 2])
  }

  @Test func nlopt() throws {
    let search = try #require(nlopt_create(NLOPT_LN_SBPLX, 1))
    defer { nlopt_destroy(search) }
    nlopt_set_min_objective(search, { _, point, _, _ in point.map { ($0[0] - 3) * ($0[0] - 3) } ?? 0 }, nil)
    nlopt_set_xtol_abs1(search, 1e-9)
    var (point, value) = ([1.0], 0.0)
    #expect(nlopt_optimize(search, &point, &value) == NLOPT_XTOL_REACHED)
    #expect(abs(point[0] - 3) < 1e-6)
  }

  @Test func libarchive() throws {
    let archive = try #require(archive_read_new())
    defer { archive_read_free(archive) }
    #expect(archive_read_support_format_tar(archive) == ARCHIVE_OK)
    #expect(archive_read_support_filter_gzip(archive) == ARCHIVE_OK)
    #expect(archive_version_number() >= 3_000_000)
  }

  /// A `BinaryData` holds what was appended, though it begins smaller.
  @Test func protobufC() {
    var buffer = ProtobufCBufferSimple()
    var bytes = [UInt8](repeating: 0, count: 64)
    bytes.withUnsafeMutableBufferPointer { storage in
      buffer.base.append = protobuf_c_buffer_simple_append
      buffer.data = storage.baseAddress
      buffer.alloced = storage.count
      withUnsafeMutablePointer(to: &buffer) { pointer in
        pointer.withMemoryRebound(to: ProtobufCBuffer.self, capacity: 1) { base in
          protobuf_c_buffer_simple_append(base, 9, digits)
        }
      }
    }
    #expect(buffer.len == 9)
    #expect(Array(bytes[..<9]) == digits)
  }

  /// The check value of CRC-32C; ISA-L takes and gives the register uninverted.
  @Test func isaL() {
    var bytes = digits
    #expect(~crc32_iscsi(&bytes, 9, 0xffff_ffff) == 0xe306_9283)
  }

  @Test func snappy() {
    // Length 9, a literal of 9 bytes: format_description.txt of snappy.
    let compressed = ([9, 8 << 2] + digits).map { CChar(bitPattern: $0) }
    var plain = [CChar](repeating: 0, count: 9)
    var length = plain.count
    #expect(snappy_uncompress(compressed, compressed.count, &plain, &length) == SNAPPY_OK)
    #expect(plain.map { UInt8(bitPattern: $0) } == digits)
  }

  /// SHA-256 of "abc": FIPS 180-2, appendix B.1.
  @Test func libcrypto() {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    #expect(EVP_Digest("abc", 3, &digest, &length, EVP_sha256(), nil) == 1)
    #expect(digest.prefix(8) == [0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea])
    #expect(length == 32)
  }
}
