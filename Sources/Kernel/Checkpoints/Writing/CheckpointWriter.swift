import Bytes

/// Writes a plan into the container that the output's name asks for: `.safetensors`, `.npz`, or a bundle's prefix.
public enum CheckpointWriter {
  case bundle(BundleWriter)
  case safetensors(SafetensorsWriter)
  case npz(NpzWriter)

  /// Checks, before any work, that `plan` fits the container and that its files can be created.
  ///
  /// - Parameters:
  ///   - path: a bundle's prefix, or a file with one of the extensions.
  ///   - meta: a MetaGraph file to copy beside a bundle; other containers have no place for it.
  /// - Throws: ``KernelError`` when a file exists under `.refuse`, a type is unknown to the container, or space is short.
  public init(
    _ plan: OutputPlan, to path: String, copyingMeta meta: String? = nil, existing: AtomicFile.Existing
  ) throws {
    switch try OutputName(path) {
    case .safetensors(let path): self = .safetensors(try SafetensorsWriter(plan, to: path, existing: existing))
    case .npz(let path): self = .npz(try NpzWriter(plan, to: path, existing: existing))
    case .bundle(let prefix):
      self = .bundle(try BundleWriter(plan, to: prefix, copyingMeta: meta, existing: existing))
    }
  }

  /// The files that will be written.
  public var paths: [String] {
    switch self {
    case .bundle(let writer): writer.paths
    case .safetensors(let writer): [writer.path]
    case .npz(let writer): [writer.path]
    }
  }

  /// Writes everything and makes it visible, or leaves nothing behind.
  ///
  /// - Parameter progress: called with the bytes written so far.
  public func write(_ workers: Workers, progress: (Int) -> Void = { _ in }) throws {
    try prepare(workers, progress: progress).commit()
  }

  /// Writes everything, but makes nothing visible yet.
  public func prepare(_ workers: Workers, progress: (Int) -> Void = { _ in }) throws -> PreparedCheckpoint {
    switch self {
    case .bundle(let writer): try writer.prepare(workers, progress: progress)
    case .safetensors(let writer): try writer.prepare(workers, progress: progress)
    case .npz(let writer): try writer.prepare(workers, progress: progress)
    }
  }

  /// Checks that no two of `writers` write the same file, under whatever names.
  ///
  /// - Throws: ``KernelError`` `.usage` naming the file.
  public static func checkDistinct(_ writers: [CheckpointWriter]) throws {
    struct Target: Hashable {
      let folder: FileStatus.Identity?
      let name: String
    }
    var targets: Set<Target> = []
    for path in writers.flatMap(\.paths) {
      let target = Target(folder: FileStatus(Path.folder(of: path))?.identity, name: Path.name(of: path))
      guard targets.insert(target).inserted else {
        throw KernelError(.usage, path, "would be written twice", hint: "give each result another name")
      }
    }
  }
}

extension OutputPlan {
  /// About how many bytes of memory writing takes: a few pieces per worker, and the inputs that do not lie in one
  /// stretch of a mapped file (slices, big-endian data, compressed or decoded values) of the most demanding tensor.
  public func workingMemory(_ workers: Workers) -> Int {
    let assembled = tensors.map { tensor -> Int in
      switch tensor.content {
      case .stored(let ref): ref.isMapped ? 0 : ref.info.byteCount
      case .bytes, .made: 0
      case .elementwise(let refs, _): refs.map { $0.isMapped ? 0 : $0.info.byteCount }.saturatedSum
      }
    }
    return [assembled.max() ?? 0, 8 * workers.count << 20].saturatedSum
  }
}

extension TensorRef {
  /// Whether reading the tensor needs no memory of its own.
  fileprivate var isMapped: Bool {
    if let bundle = source as? Bundle {
      return bundle.index.tensors[index].parts.isEmpty && !bundle.index.header.isBigEndian
    }
    return source is SafetensorsFile
  }
}
