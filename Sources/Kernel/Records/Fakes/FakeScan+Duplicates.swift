import Bytes

extension FakeScan {
  /// Writes the table with three more columns: `duplicate` is `exact` when an earlier video has the very same features,
  /// `near` when an earlier mean image has a cosine of at least `similarity` to this one's; `of` is that video's id,
  /// `cosine` the similarity. See ``NearDuplicates`` for what is missed.
  ///
  /// Memory: 1.4 kB a video of 1024 numbers.
  ///
  /// - Parameter similarity: 0.95 to 1.
  /// - Throws: ``KernelError`` as ``write(to:progress:)`` does, and when mean images have different sizes.
  package func writeWithDuplicates(
    to sink: any ByteSink, similarity: Double, progress: (Int) -> Void = { _ in }
  ) throws -> Summary {
    guard similarity >= Double(NearDuplicates.lowestSimilarity), similarity <= 1 else {
      throw KernelError(.usage, "", "the similarity must be 0.95 to 1, not \(similarity)")
    }
    var videos = VideoFingerprints()
    try forEachSlice(
      VideoFingerprints(),
      { slice, id, image, message in
        try slice.append(id, image, FeatureDigest(message))
      }, progress: progress
    ) { try videos.append($0) }
    let matches = try videos.matches(similarity: Float(similarity), workers)

    var summary = Summary()
    try sink.write(Array("vids,std,duplicate,of,cosine\n".utf8))
    var line: [UInt8] = []
    for (number, match) in matches.enumerated() {
      line.removeAll(keepingCapacity: true)
      let deviation = videos.deviations[number]
      summary.add(deviation, threshold)
      do {
        try videos.withID(number) { try FakeScan.append($0, deviation, to: &line) }
        switch match {
        case .none: line.append(contentsOf: ",,,\n".utf8)
        case .exact(let earlier):
          summary.exactCount += 1
          line.append(contentsOf: ",exact,".utf8)
          try videos.withID(earlier) { try CSVFields.append($0, to: &line) }
          line.append(contentsOf: ",1\n".utf8)
        case .near(let earlier, let cosine):
          summary.nearCount += 1
          line.append(contentsOf: ",near,".utf8)
          try videos.withID(earlier) { try CSVFields.append($0, to: &line) }
          line.append(contentsOf: ",\(cosine)\n".utf8)
        }
      } catch let fault as ByteReader.Fault {
        throw KernelError(.badData, "", "video \(number): \(fault.problem)")
      }
      try sink.write(line)
    }
    return summary
  }
}

/// What is kept of every video to find those that are there twice.
struct VideoFingerprints: Sendable {
  private(set) var deviations: [Double] = []
  private var digests: [FeatureDigest] = []
  private var ids: [UInt8] = []
  private var idEnds: [Int] = []
  private var vectors: QuantizedVectors?
  /// The number of the video that each vector belongs to; those without frames have none.
  private var videos: [Int] = []

  enum Match: Equatable, Sendable {
    case none
    case exact(Int)
    case near(Int, cosine: Float)
  }

  mutating func append(_ id: UnsafeRawBufferPointer, _ image: MeanImage, _ digest: FeatureDigest) throws {
    ids.append(contentsOf: id)
    idEnds.append(ids.count)
    digests.append(digest)
    if !image.values.isEmpty {
      videos.append(deviations.count)
      if vectors == nil { vectors = QuantizedVectors(dimension: image.values.count) }
      try vectors?.append(image.values)
    }
    deviations.append(image.standardDeviation)
  }

  mutating func append(_ other: VideoFingerprints) throws {
    videos += other.videos.map { $0 + deviations.count }
    idEnds += other.idEnds.map { $0 + ids.count }
    ids += other.ids
    digests += other.digests
    deviations += other.deviations
    guard let added = other.vectors else { return }
    if vectors == nil { vectors = QuantizedVectors(dimension: added.dimension) }
    try vectors?.append(added)
  }

  /// Calls `body` with the id of a video.
  func withID<R>(_ number: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try ids.withUnsafeBytes { bytes in
      let start = number == 0 ? 0 : idEnds[number - 1]
      return try body(UnsafeRawBufferPointer(rebasing: bytes[start..<idEnds[number]]))
    }
  }

  /// For each video the earliest that it repeats.
  func matches(similarity: Float, _ workers: Workers) throws -> [Match] {
    var matches = Array(repeating: Match.none, count: deviations.count)
    guard let vectors else { return matches }
    var first: [FeatureDigest: Int] = [:]
    // Vectors of videos that repeat none; only these are compared.
    var candidates: [Int] = []
    for (index, video) in videos.enumerated() {
      if let earlier = first[digests[video]] {
        matches[video] = .exact(earlier)
      } else {
        first[digests[video]] = video
        candidates.append(index)
      }
    }
    let near = try NearDuplicates(vectors, among: candidates, similarity: similarity, workers)
    for (index, match) in zip(candidates, near.matches) {
      guard let match else { continue }
      matches[videos[index]] = .near(videos[candidates[match.earlier]], cosine: match.cosine)
    }
    return matches
  }
}
