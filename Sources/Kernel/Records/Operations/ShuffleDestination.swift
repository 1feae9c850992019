import Bytes

/// Where the records of a shuffle go, one after the other.
package protocol ShuffleDestination: AnyObject {
  /// Told before the first record how many will come.
  func start(recordCount: Int) throws
  func write(_ frame: UnsafeRawBufferPointer) throws
  /// Makes the result visible.
  func commit() throws
}

/// A shuffle into one file or stream.
extension RecordWriter: ShuffleDestination {
  package func start(recordCount: Int) {}

  package func write(_ frame: UnsafeRawBufferPointer) throws { try write(frames: frame, count: 1) }
}
