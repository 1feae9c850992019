import Bytes

/// What an evaluation of GAP writes to, kept for the next one.
///
/// Memory: 26 bytes for each of the best labels of each video.
final class GapWorkspace: @unchecked Sendable {
  // Sendable holds because a workspace is used by one evaluation at a time, whose threads write to different places.
  private var scores = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
  private var hits = UnsafeMutableBufferPointer<Bool>(start: nil, count: 0)
  private var average = AveragePrecision()

  /// Pairs that are summed up at a time, so that they stay in the first-level cache.
  private static let chunkSize = 2048

  deinit {
    scores.deallocate()
    hits.deallocate()
  }

  /// GAP over the best `topK` labels of each of `videos`, the first of which has its place at `keptOffsets`[0].
  func evaluate(
    _ blend: Blend, _ videos: [Int32], _ keptOffsets: [Int], topK: Int, positiveCount: Int, _ workers: Workers
  ) throws -> Double {
    let count = keptOffsets[videos.count]
    if scores.count < count {
      scores.deallocate()
      hits.deallocate()
      scores = .allocate(capacity: count)
      hits = .allocate(capacity: count)
    }
    let pieceCount = workers.count == 1 ? 1 : 8 * workers.count
    let pieceSize = (videos.count + pieceCount - 1) / pieceCount
    try workers.run(pieceCount) { [self] piece in
      let start = min(piece * pieceSize, videos.count)
      fill(start..<min(start + pieceSize, videos.count), blend, videos, keptOffsets, topK)
    }
    return average(
      UnsafeBufferPointer(rebasing: scores[..<count]), UnsafeBufferPointer(rebasing: hits[..<count]),
      positiveCount: positiveCount)
  }

  /// Sums up the videos `range` and keeps the best labels of each.
  private func fill(_ range: Range<Int>, _ blend: Blend, _ videos: [Int32], _ keptOffsets: [Int], _ topK: Int) {
    let offsets = blend.offsets
    var next = range.lowerBound
    var room = GapWorkspace.chunkSize
    for position in range {
      room = max(room, offsets[Int(videos[position]) + 1] - offsets[Int(videos[position])])
    }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * room) { buffer in
      let sums = UnsafeMutableBufferPointer(rebasing: buffer[..<room])
      let scratch = UnsafeMutableBufferPointer(rebasing: buffer[room...])
      while next < range.upperBound {
        // Videos one after another are summed up together.
        let first = Int(videos[next])
        var last = first
        var end = next + 1
        while end < range.upperBound, Int(videos[end]) == last + 1, offsets[last + 2] - offsets[first] <= room {
          last += 1
          end += 1
        }
        let pairs = offsets[first]..<offsets[last + 1]
        blend.sum(pairs, into: sums)
        for position in next..<end {
          let video = Int(videos[position])
          let from = offsets[video] - pairs.lowerBound
          let count = offsets[video + 1] - offsets[video]
          keep(
            UnsafeMutableBufferPointer(rebasing: sums[from..<from + count]), blend, offsets[video],
            keptOffsets[position]..<keptOffsets[position + 1], scratch)
        }
        next = end
      }
    }
  }

  /// Copies as many of the best `sums`, of the pairs from `pair` on, as fit `places`, in their order.
  private func keep(
    _ sums: UnsafeMutableBufferPointer<Float>, _ blend: Blend, _ pair: Int, _ places: Range<Int>,
    _ scratch: UnsafeMutableBufferPointer<Float>
  ) {
    var place = places.lowerBound
    guard places.count < sums.count else {
      for index in sums.indices {
        scores[place] = sums[index]
        // A miss behind all others changes nothing.
        hits[place] = blend.isHit(pair + index) && sums[index] != Blend.absent
        place += 1
      }
      return
    }
    guard !places.isEmpty else { return }
    for index in sums.indices { scratch[index] = sums[index] }
    let least = GapWorkspace.largest(places.count, of: scratch, sums.count)
    var equalCount = places.count
    for sum in sums where sum > least { equalCount -= 1 }
    for index in sums.indices where sums[index] >= least {
      if sums[index] == least {
        guard equalCount > 0 else { continue }
        equalCount -= 1
      }
      scores[place] = sums[index]
      hits[place] = blend.isHit(pair + index) && sums[index] != Blend.absent
      place += 1
    }
  }

  /// The `rank`-th largest (from 1) of the first `count` numbers of `values`, which change places (Hoare 1961).
  private static func largest(_ rank: Int, of values: UnsafeMutableBufferPointer<Float>, _ count: Int) -> Float {
    let wanted = rank - 1
    var (low, high) = (0, count - 1)
    while low < high {
      let pivot = values[(low + high) / 2]
      var (left, right) = (low, high)
      while left <= right {
        while values[left] > pivot { left += 1 }
        while values[right] < pivot { right -= 1 }
        if left <= right {
          values.swapAt(left, right)
          left += 1
          right -= 1
        }
      }
      if wanted <= right { high = right } else if wanted >= left { low = left } else { break }
    }
    return values[wanted]
  }
}
