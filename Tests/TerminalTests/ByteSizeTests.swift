import Terminal
import Testing

@Suite struct ByteSizeTests {
  @Test(arguments: [
    ("0", 0), ("1234", 1234), ("512B", 512), ("1kB", 1000), ("1KiB", 1024), ("500MB", 500_000_000),
    ("1GB", 1_000_000_000), ("1GiB", 1_073_741_824), ("1gb", 1_000_000_000), ("1.5GB", 1_500_000_000),
    ("1K", 1000), ("1k", 1000), ("300M", 300_000_000), ("1.5G", 1_500_000_000), ("1T", 1_000_000_000_000),
    ("0.5KiB", 512), ("2TB", 2_000_000_000_000), ("9223372036854775807", Int.max), ("8388607TiB", 8_388_607 << 40),
  ])
  func sizesAreRead(text: String, bytes: Int) {
    #expect(ByteSize(text)?.bytes == bytes)
  }

  @Test(arguments: [
    "", "B", "K", "1Ki", "1P", "-1", "+1", "1 GB", "1.5", "1.5B", ".5GB", "1.GB", "1..5GB", "1e9", "٣GB",
    "9223372036854775808", "8388608TiB", "99999999999999999999GB", "8388607.9999999TiB", "0x10", "1GBB",
  ])
  func nonsenseIsRefused(text: String) {
    #expect(ByteSize(text) == nil)
  }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (1024, "1.02 kB"), (9994, "9.99 kB"), (9995, "10.0 kB"),
    (99_949, "99.9 kB"), (99_950, "100 kB"), (999_499, "999 kB"), (999_500, "1.00 MB"), (214_000_000, "214 MB"),
    (1_073_741_824, "1.07 GB"), (3_000_000_000_000, "3.00 TB"), (Int.max, "9.22 EB"),
  ])
  func sizesAreWritten(bytes: Int, text: String) {
    #expect(ByteSize(bytes).description == text)
  }
}
