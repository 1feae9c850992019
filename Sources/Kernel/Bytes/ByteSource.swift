/// Something that gives bytes one after another: a file, a pipe, an unpacked stream.
public protocol ByteSource: AnyObject {
  /// What the user called it, for messages.
  var name: String { get }

  /// Fills a beginning of `buffer` (which is not empty) and returns its length: 0 at the end, and only there.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}
