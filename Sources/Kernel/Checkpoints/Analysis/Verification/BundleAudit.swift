import Bytes
import Tensors

/// Checks a bundle by its stored stretches rather than by whole tensors, so that nothing needs to be put together.
struct BundleAudit {
  private let prefix: String
  private let index: BundleIndex
  /// Faults of single entries of the index.
  private var indexFindings: [KernelError] = []
  private let stretches: [Int: [StoredStretch]]

  /// Reads the index.
  ///
  /// - Throws: ``KernelError`` when it is missing or damaged as a whole.
  init(prefix: String) throws {
    self.prefix = prefix
    let path = prefix + ".index"
    var findings: [KernelError] = []
    index = try BundleIndex(MappedFile(path).view, path: path) { findings.append($0) }
    indexFindings = findings
    var stretches: [Int: [StoredStretch]] = [:]
    for tensor in index.tensors {
      for (part, entry) in tensor.stored.enumerated() {
        stretches[entry.shard, default: []].append(
          StoredStretch(name: tensor.name, slice: tensor.isSliced ? part : nil, entry: entry))
      }
    }
    self.stretches = stretches
  }

  /// Checks the data files.
  func verification(_ verifier: Verifier) throws -> Verification {
    var shards = try shardNumbers.map { number in
      try ShardAudit(
        path: Bundle.dataPath(prefix, shard: number, of: index.header.shardCount),
        stretches: stretches[number] ?? [], indexIsComplete: indexFindings.isEmpty)
    }
    let work = shards.indices.flatMap { shard in shards[shard].readable.map { (shard, $0) } }
    let sizes = work.map { shards[$0.0].stretches[$0.1].entry.size }
    let meter = WorkMeter(total: sizes.saturatedSum, verifier.progress)
    let problems = try verifier.workers.map(sizes: sizes) { [shards] task, workers in
      let (shard, stretch) = work[task]
      return try shards[shard].problem(of: stretch, workers, meter)
    }
    for ((shard, stretch), problem) in zip(work, problems) {
      if let problem { shards[shard].report(problem, of: stretch) }
    }
    var findings = indexFindings
    if indexFindings.isEmpty == false, let last = findings.indices.last, findings[last].hint == nil {
      findings[last].hint = "the index is damaged or was made by a faulty program; copy it again"
    }
    if index.header.shardCount > BundleAudit.shardLimit {
      findings.append(
        KernelError(.badData, index.path, "announces \(index.header.shardCount) data files, which cannot be right"))
    }
    findings += shards.flatMap(\.findings)
    return Verification(
      path: prefix,
      subject: .checkpoint(
        tensorCount: index.tensors.count, byteCount: index.tensors.lazy.map(\.info.byteCount).saturatedSum),
      findings: findings)
  }

  /// More data files than the five digits of their names can number are not looked for.
  private static let shardLimit = 100_000

  /// Every announced data file, whether or not a tensor lies in it.
  private var shardNumbers: [Int] {
    index.header.shardCount > BundleAudit.shardLimit ? stretches.keys.sorted() : Array(0..<index.header.shardCount)
  }
}

/// The bytes of a data file that hold a tensor, or one slice of it.
struct StoredStretch: Sendable {
  let name: TensorName
  /// The number of the slice, of a sliced tensor.
  let slice: Int?
  let entry: BundleEntry

  /// The tensor's name, for messages.
  var title: String { name.description.printable }

  /// The bytes of the file.
  var range: Range<Int> { entry.offset..<(entry.offset + entry.size) }

  /// What is wrong with `bytes`, if anything; numbers are checked by all of `workers`.
  func problem(with bytes: ByteView, _ workers: Workers) throws -> String? {
    guard entry.dtype.byteCount == nil else {
      let expected = CRC32C.unmask(entry.maskedCRC ?? 0)
      let found = try bytes.checksum(workers)
      guard found != expected else { return nil }
      return "checksum \(hex(found)) of its bytes does not match \(hex(expected)) in the index"
    }
    return bytes.withUnsafeBytes { bytes in
      let count = entry.shape.elementCount
      do throws(ByteReader.Fault) {
        if entry.dtype == .string {
          try StringTensor.forEach(bytes, count: count, maskedCRC: entry.maskedCRC ?? 0)
        } else {
          try VariantTensor.check(bytes, count: count, maskedCRC: entry.maskedCRC ?? 0)
        }
        return nil
      } catch { return error.problem }
    }
  }
}
