import Bytes
import Tensors

/// Writes a plan as a TensorFlow V2 checkpoint.
///
/// Data files are streamed and checksummed first, the index comes last: a checkpoint exists if and only if its
/// index does. Everything becomes visible at the end or, on any failure, nothing.
public struct BundleWriter {
  public let prefix: String
  private let plan: OutputPlan
  private let meta: String?
  private let companions: [CompanionFile]
  private let existing: AtomicFile.Existing
  private let calls: SystemCalls

  /// Checks, before any work, that the files can be created and that the disk has room.
  ///
  /// - Parameters:
  ///   - meta: a MetaGraph file to copy beside the checkpoint.
  ///   - companions: other files that are to appear with it.
  /// - Throws: ``KernelError`` `.cannotCreate` when a file exists (under `.refuse`) or the folder is missing; `.io`
  ///   when space is short.
  public init(
    _ plan: OutputPlan, to prefix: String, copyingMeta meta: String? = nil, with companions: [CompanionFile] = [],
    existing: AtomicFile.Existing
  ) throws {
    try self.init(
      plan, to: prefix, copyingMeta: meta, with: companions, existing: existing, calls: .live)
  }

  /// The same, with system calls that a test may make fail.
  package init(
    _ plan: OutputPlan, to prefix: String, copyingMeta meta: String? = nil, with companions: [CompanionFile] = [],
    existing: AtomicFile.Existing, calls: SystemCalls
  ) throws {
    self.prefix = prefix
    self.plan = plan
    self.meta = meta
    self.companions = companions
    self.existing = existing
    self.calls = calls
    guard !Path.name(of: prefix).isEmpty else {
      throw KernelError(
        .usage, prefix, "names a folder, not a checkpoint", hint: "add a name, as in \(prefix)model")
    }
    try BundleWriter.check(plan, prefix)
    try checkRoom(in: Path.folder(of: prefix), byteCount: plan.byteCount)
    for path in paths { try AtomicFile.checkTarget(path, existing: existing) }
  }

  /// Checks what a bundle cannot hold: more data files than the five digits of their names number, and names that
  /// would be taken for its header or for slices.
  private static func check(_ plan: OutputPlan, _ prefix: String) throws {
    guard plan.shardCount <= 99_999 else {
      throw KernelError(.badData, prefix, "\(plan.shardCount) data files are more than a checkpoint can have")
    }
    for tensor in plan.tensors where tensor.info.name.utf8.first ?? 0 == 0 {
      throw KernelError(
        .usage, prefix, at: .tensor(tensor.info.name.description),
        "a tensor in a TensorFlow checkpoint needs a name, which may not begin with NUL", hint: "rename the tensor")
    }
  }

  /// The files that will be written: data files, the graph if there is one, companions, then the index.
  public var paths: [String] {
    dataPaths(plan.shardCount) + (meta == nil ? [] : [prefix + ".meta"]) + companions.map(\.path)
      + [prefix + ".index"]
  }

  private func dataPaths(_ count: Int) -> [String] {
    (0..<count).map { Bundle.dataPath(prefix, shard: $0, of: count) }
  }

  /// Writes everything and makes it visible.
  ///
  /// - Parameter progress: called with the bytes written so far.
  public func write(_ workers: Workers, progress: (Int) -> Void = { _ in }) throws {
    try prepare(workers, progress: progress).commit()
  }

  /// Writes everything, but makes nothing visible yet.
  package func prepare(_ workers: Workers, progress: (Int) -> Void) throws -> PreparedCheckpoint {
    let pump = TensorPump(workers)
    let files = try dataPaths(plan.shardCount).map { try AtomicFile($0, existing: existing, calls: calls) }
    var entries: [(key: [UInt8], entry: BundleEntry)] = []
    var done = 0
    var written = EqualTensors()
    for piece in BundleWriter.pieces(of: plan) {
      if plan.storesEqualTensorsOnce, let entry = try written.entry(equalTo: piece.tensor) {
        entries.append((piece.key, entry))
        done += entry.size
        progress(done)
        continue
      }
      let file = files[piece.tensor.placement.shard]
      var entry = BundleEntry(
        dtype: piece.tensor.info.dtype, shape: piece.tensor.info.shape, shard: piece.tensor.placement.shard,
        offset: file.byteCount, size: piece.tensor.info.byteCount)
      let crc = try pump.pump(piece.tensor, into: file)
      entry.maskedCRC = try piece.maskedCRC(whenBytesHave: crc)
      entries.append((piece.key, entry))
      if plan.storesEqualTensorsOnce { written.note(piece.tensor, entry) }
      done += entry.size
      progress(done)
    }
    entries += BundleWriter.slicedEntries(of: plan)
    let index = try AtomicFile(prefix + ".index", existing: existing, calls: calls)
    try index.write(BundleIndex.encode(BundleHeader(shardCount: plan.shardCount), entries))
    let graph = try meta.map { meta in
      let file = try AtomicFile(prefix + ".meta", existing: existing, calls: calls)
      try MappedFile(meta).view.withUnsafeBytes { try file.write($0) }
      return file
    }
    let others = try companions.map { companion in
      let file = try AtomicFile(companion.path, existing: existing, calls: calls)
      try companion.bytes.withUnsafeBytes { try file.write($0) }
      return file
    }
    let all = files + (graph.map { [$0] } ?? []) + others + [index]
    for file in all { try file.prepare() }
    return PreparedCheckpoint(files: all, stale: staleDataPaths)
  }

  /// Data files of the checkpoint that is being replaced, if it has another number of them.
  private var staleDataPaths: [String] {
    guard existing == .replace, let old = try? Bundle(prefix: prefix),
      old.index.header.shardCount != plan.shardCount
    else { return [] }
    // A header may lie about its count: only files that exist are worth a call each.
    let named = Set(dataPaths(min(old.index.header.shardCount, 99_999)))
    let folder = Path.folder(of: prefix)
    return ((try? namesInFolder(folder)) ?? []).map { Path.join(folder, $0) }.filter(named.contains)
  }
}

extension BundleWriter {
  /// The bytes that data files and index will have; fewer when the plan stores equal tensors once and some are.
  package static func byteCount(of plan: OutputPlan) -> Int {
    var ends: [Int: Int] = [:]
    let entries = pieces(of: plan).map { piece -> (key: [UInt8], entry: BundleEntry) in
      let (info, shard) = (piece.tensor.info, piece.tensor.placement.shard)
      var entry = BundleEntry(
        dtype: info.dtype, shape: info.shape, shard: shard, offset: ends[shard] ?? 0, size: info.byteCount)
      ends[shard] = [entry.offset, entry.size].saturatedSum
      // Any checksum but 0 takes as many bytes as any other.
      entry.maskedCRC = 1
      return (piece.key, entry)
    }
    let index = BundleIndex.encode(BundleHeader(shardCount: plan.shardCount), entries + slicedEntries(of: plan))
    return (Array(ends.values) + [index.count]).saturatedSum
  }

  /// One stretch of a data file: a tensor, or a slice of one.
  private struct Piece {
    let key: [UInt8]
    let tensor: PlannedTensor

    /// The checksum for the entry of these bytes, whose plain CRC-32C is `crc`.
    ///
    /// Strings and variants are checksummed in their own ways: a copy keeps its entry's, new strings are hashed.
    func maskedCRC(whenBytesHave crc: UInt32) throws -> UInt32? {
      guard tensor.info.dtype.byteCount == nil else { return CRC32C.mask(crc) }
      if case .stored(let ref) = tensor.content, let entry = ref.bundleTensor?.entry { return entry.maskedCRC }
      let bytes: ByteView
      switch tensor.content {
      case .stored(let ref): bytes = try ref.source.contents(of: ref.index).bytes
      case .bytes(let view): bytes = view
      case .elementwise, .made: return CRC32C.mask(crc)
      }
      return try bytes.withUnsafeBytes {
        try StringTensor.maskedCRC($0, count: tensor.info.shape.elementCount)
      }
    }
  }

  /// The stretches in the order in which they will lie in the files.
  private static func pieces(of plan: OutputPlan) -> [Piece] {
    let pieces = plan.tensors.flatMap { tensor -> [Piece] in
      guard let slices = slices(of: tensor) else { return [Piece(key: tensor.info.name.utf8, tensor: tensor)] }
      return slices.map { slice in
        let keepsLayout = tensor.placement == slice.whole.placement && plan.shardCount == slice.shardCount
        return Piece(
          key: slice.slice.key(of: tensor.info.name),
          tensor: PlannedTensor(
            info: TensorInfo(
              name: tensor.info.name, dtype: slice.entry.dtype, shape: slice.entry.shape,
              byteCount: slice.entry.size),
            content: .stored(slice.ref),
            placement: keepsLayout
              ? Placement(shard: slice.entry.shard, source: tensor.placement.source, offset: slice.entry.offset)
              : tensor.placement))
      }
    }
    return pieces.sorted { a, b in
      a.tensor.placement == b.tensor.placement
        ? a.key.lexicographicallyPrecedes(b.key) : a.tensor.placement.precedes(b.tensor.placement)
    }
  }

  private struct Slice {
    let slice: TensorSlice
    let entry: BundleEntry
    let ref: TensorRef
    /// The tensor it is part of, and the number of data files it came from.
    let whole: TensorRef
    let shardCount: Int
  }

  /// The slices of a tensor that is copied from a bundle's partitioned variable; `nil` for any other.
  private static func slices(of tensor: PlannedTensor) -> [Slice]? {
    guard case .stored(let ref) = tensor.content, let bundle = ref.source as? Bundle,
      let stored = ref.bundleTensor, stored.isSliced, !bundle.index.header.isBigEndian
    else { return nil }
    return zip(stored.entry.slices, stored.parts).enumerated().map { number, part in
      let source = SlicePart(bundle: bundle, tensorIndex: ref.index, part: number)
      return Slice(
        slice: part.0, entry: part.1, ref: TensorRef(source, 0, sourceOrder: ref.sourceOrder), whole: ref,
        shardCount: bundle.index.header.shardCount)
    }
  }

  /// The entries under full names that list a tensor's slices.
  private static func slicedEntries(of plan: OutputPlan) -> [(key: [UInt8], entry: BundleEntry)] {
    plan.tensors.compactMap { tensor in
      guard let slices = slices(of: tensor), let first = slices.first else { return nil }
      // TensorFlow leaves a shard number without meaning in merged entries; a copy keeps it while it is possible.
      let shard = min(first.whole.bundleTensor?.entry.shard ?? 0, plan.shardCount - 1)
      return (
        tensor.info.name.utf8,
        BundleEntry(dtype: tensor.info.dtype, shape: tensor.info.shape, shard: shard, slices: slices.map(\.slice))
      )
    }
  }
}

/// One part of a partitioned variable, seen as a tensor of its own.
private struct SlicePart: TensorSource {
  let bundle: Bundle
  let tensorIndex: Int
  let part: Int

  var path: String { bundle.path }

  private var entry: BundleEntry { bundle.index.tensors[tensorIndex].parts[part] }

  var tensors: [TensorInfo] {
    let name = bundle.index.tensors[tensorIndex].name
    return [TensorInfo(name: name, dtype: entry.dtype, shape: entry.shape, byteCount: entry.size)]
  }

  func contents(of index: Int) throws -> TensorContents {
    TensorContents(
      bytes: try bundle.storedBytes(entry, of: tensorIndex), uncheckedCRC: entry.maskedCRC.map(CRC32C.unmask))
  }
}
