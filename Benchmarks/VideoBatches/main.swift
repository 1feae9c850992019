import Bytes
import Glibc
import Records
import Synchronization

// benchmark-batches video|frame FILE: how fast YouTube-8M's records become batches of dequantized, zero-padded float32
// (16 videos of 300 × 1152, or 1024 of 1 × 1152), checksums included. Prints the seconds and a sum over all numbers,
// which shows that they are the ones that another reader finds.

/// Batches that are filled again and again, as an input pipeline does.
final class BatchPool: Sendable {
  let count: Int
  private let free = Mutex<[[Float]]>([])

  init(count: Int) { self.count = count }

  func take() -> [Float] { free.withLock { $0.popLast() } ?? [Float](repeating: 0, count: count) }
  func give(_ batch: consuming [Float]) {
    let batch = batch
    free.withLock { $0.append(batch) }
  }
}

guard CommandLine.arguments.count == 3, let level = VideoSchema.Level(rawValue: CommandLine.arguments[1]) else {
  print("usage: benchmark-batches video|frame FILE")
  exit(64)
}
let schema = VideoSchema.youTube8M(level)
let videoSize = schema.rowSize * (level == .frame ? schema.maxFrames : 1)
let pool = BatchPool(count: videoSize * (level == .frame ? 16 : 1024))
let clock = ContinuousClock()
let start = clock.now
var videoCount = 0
var frameCount = 0
var sum = 0.0
try RecordScan([CommandLine.arguments[2]], Workers()).run { path, slice in
  var batch = pool.take()
  var (videos, frames, filled, sum) = (0, 0, 0, 0.0)
  try slice.forEach { record in
    try record.explaining(in: path) {
      let video = try Video(record.payload)
      try batch.withUnsafeMutableBufferPointer { batch in
        let row = UnsafeMutableBufferPointer(rebasing: batch[filled * videoSize..<(filled + 1) * videoSize])
        frames += try video.read(schema, into: row)
        sum += Double(row[0])
      }
    }
    videos += 1
    filled = (filled + 1) % (pool.count / videoSize)
  }
  pool.give(batch)
  return (videos, frames, sum)
} take: { (_, result: (videos: Int, frames: Int, sum: Double)) in
  videoCount += result.videos
  frameCount += result.frames
  sum += result.sum
}
let elapsed = start.duration(to: clock.now)
let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
print(seconds, videoCount, frameCount, sum)
