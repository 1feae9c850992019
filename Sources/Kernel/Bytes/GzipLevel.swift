/// How hard ``GzipWriter`` tries, as the familiar number 0 to 9.
///
/// | level | made by |
/// | --- | --- |
/// | 0 | nothing: stored |
/// | 1, 2 | ISA-L igzip 1, 2 |
/// | 3 | igzip 2, and zlib 6 for the blocks that live on repetition (text, graphs): the default |
/// | 4 … 9 | zlib of that level |
///
/// Weights hold next to no repetition: all there is to win is the entropy coding, at which igzip is forty times as
/// fast as `gzip -6` on one core and never larger (Benchmarks/pack.sh).
public struct GzipLevel: Hashable, Sendable {
  public let number: Int

  /// The level of this number, or `nil` outside 0 … 9.
  public init?(_ number: Int) {
    guard (0...9).contains(number) else { return nil }
    self.number = number
  }

  private init(trusted number: Int) { self.number = number }

  /// Level 3.
  public static let standard = GzipLevel(trusted: 3)

  /// Level 1.
  public static let fastest = GzipLevel(trusted: 1)
}
