/// How much an archive may unpack to before it is taken for a bomb.
public struct ArchiveLimits: Sendable, Equatable {
  /// Bytes of all members together.
  public var totalBytes: Int
  /// How many members there may be.
  public var memberCount: Int
  /// How many times its own size an archive may unpack to; looked at from 64 MiB on.
  public var ratio: Int

  /// 8 GiB, 256 members, 200 times.
  public init(totalBytes: Int = 8 << 30, memberCount: Int = 256, ratio: Int = 200) {
    self.totalBytes = totalBytes
    self.memberCount = memberCount
    self.ratio = ratio
  }
}
