import Bytes

/// A file that appears together with a checkpoint: an edited graph, the flags of a model.
public struct CompanionFile: Sendable {
  public let path: String
  public let bytes: ByteView

  public init(_ path: String, _ bytes: ByteView) {
    self.path = path
    self.bytes = bytes
  }
}
