import Bytes

/// How the result of a shuffle is cut into stretches that fit the memory.
struct BucketPlan {
  /// A stretch of the result: consecutive positions, and the bytes that its entries take.
  struct Bucket: Equatable {
    var positions: Range<Int>
    var byteCount = 0
  }

  /// A record in a bucket is its position in the result (8 bytes), then its frame.
  static let positionSize = 8

  let buckets: [Bucket]

  /// Fills each bucket up to `limit` bytes; a record that is larger has one of its own.
  init(order: [UInt32], lengths: [Int], limit: Int) {
    var buckets = [Bucket(positions: 0..<0)]
    for (position, record) in order.enumerated() {
      let size = lengths[Int(record)] + BucketPlan.positionSize
      let last = buckets.count - 1
      if !buckets[last].positions.isEmpty, buckets[last].byteCount + size > limit {
        buckets.append(Bucket(positions: position..<(position + 1), byteCount: size))
      } else {
        buckets[last].positions = buckets[last].positions.lowerBound..<(position + 1)
        buckets[last].byteCount += size
      }
    }
    self.buckets = buckets
  }

  /// The bucket that holds `position`.
  func bucket(of position: Int) -> Int {
    var low = 0
    var high = buckets.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if buckets[middle].positions.lowerBound <= position { low = middle } else { high = middle - 1 }
    }
    return low
  }
}

/// Deals records into the buckets of a plan and gives them back in the order of the result.
///
/// A single bucket stays in memory; several lie one after the other in a temporary file.
final class BucketDealer {
  /// Bytes dealt so far.
  private(set) var byteCount = 0
  private let plan: BucketPlan
  private let spool: SpoolFile?
  /// What is still to be written of each bucket; of a single bucket, all of it.
  private let buffers: OwnedBuffer
  private let bufferSize: Int
  private var filled: [Int]
  /// Where in the temporary file each bucket begins, and how much of it is there.
  private let starts: [Int]
  private var stored: [Int]

  init(_ plan: BucketPlan, memoryLimit: Int) throws {
    self.plan = plan
    let count = plan.buckets.count
    spool = count > 1 ? try SpoolFile() : nil
    bufferSize =
      count == 1 ? plan.buckets[0].byteCount : min(256 << 10, max(4 << 10, memoryLimit / (2 * count)))
    buffers = OwnedBuffer(byteCount: count * bufferSize)
    filled = Array(repeating: 0, count: count)
    stored = filled
    var end = 0
    starts = plan.buckets.map { bucket in
      defer { end += bucket.byteCount }
      return end
    }
  }

  func deal(_ frame: UnsafeRawBufferPointer, position: UInt32) throws {
    let number = plan.bucket(of: Int(position))
    let key = UInt64(position).littleEndian
    try withUnsafeBytes(of: key) { try append($0, to: number) }
    try append(frame, to: number)
  }

  private func append(_ bytes: UnsafeRawBufferPointer, to number: Int) throws {
    let room = plan.buckets[number].byteCount - stored[number] - filled[number]
    guard bytes.count <= room else { throw RecordShuffle.changed }
    byteCount += bytes.count
    if bytes.count > bufferSize - filled[number] { try flush(number) }
    guard bytes.count <= bufferSize else { return try store(bytes, of: number) }
    let start = number * bufferSize + filled[number]
    UnsafeMutableRawBufferPointer(rebasing: buffers.bytes[start...]).copyMemory(from: bytes)
    filled[number] += bytes.count
  }

  private func flush(_ number: Int) throws {
    let start = number * bufferSize
    try store(UnsafeRawBufferPointer(rebasing: buffers.bytes[start..<(start + filled[number])]), of: number)
    filled[number] = 0
  }

  private func store(_ bytes: UnsafeRawBufferPointer, of number: Int) throws {
    try spool?.write(bytes, at: starts[number] + stored[number])
    stored[number] += bytes.count
  }

  /// Calls `body` with every frame, in the order of the result.
  ///
  /// - Parameter progress: called with the bytes given back so far.
  func collect(_ body: (UnsafeRawBufferPointer) throws -> Void, progress: (Int) -> Void) throws {
    guard let spool else {
      let bucket = UnsafeRawBufferPointer(rebasing: buffers.bytes[..<filled[0]])
      return try BucketDealer.give(bucket, of: plan.buckets[0], body)
    }
    for number in plan.buckets.indices { try flush(number) }
    let room = plan.buckets.reduce(0) { max($0, $1.byteCount) }
    let buffer = OwnedBuffer(byteCount: room)
    var done = 0
    for (bucket, start) in zip(plan.buckets, starts) {
      let bytes = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[..<bucket.byteCount])
      try spool.read(into: bytes, at: start)
      try BucketDealer.give(UnsafeRawBufferPointer(bytes), of: bucket, body)
      done += bucket.byteCount
      progress(done)
    }
  }

  /// Calls `body` with the frames of a bucket's entries, by ascending position.
  private static func give(
    _ bytes: UnsafeRawBufferPointer, of bucket: BucketPlan.Bucket, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let first = bucket.positions.lowerBound
    var frames = [Range<Int>](repeating: 0..<0, count: bucket.positions.count)
    var cursor = 0
    while cursor < bytes.count {
      let position = Int(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: cursor, as: UInt64.self)))
      let start = cursor + BucketPlan.positionSize
      let length = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
      cursor = start + Int(length) + RecordFrame.overhead
      frames[position - first] = start..<cursor
    }
    for frame in frames { try body(UnsafeRawBufferPointer(rebasing: bytes[frame])) }
  }
}
