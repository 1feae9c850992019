import Bytes
import Checkpoints
import Graphs
import Records
import Tensors

/// A graph that somebody exported for inference, with its weights: what to feed, what to fetch, which records it takes
/// (specs: miha2018 §2.10).
///
/// Memory: the graph; weights are mapped.
package struct ExportedModel: Sendable {
  /// The checkpoint's prefix, which is also that of the graph's `.meta` file.
  package let prefix: String
  package let meta: MetaGraph
  package let checkpoint: any TensorSource
  package let flags: ModelFlags
  /// The features of a video; as many frames as the graph takes.
  package let schema: VideoSchema
  /// Takes the features of a batch, dequantized: `[batch, frames, features]` or `[batch, features]`.
  package let input: Endpoint
  /// Takes the number of frames of each video; `nil` when the graph does not want it.
  package let frameCounts: Endpoint?
  package let frameCountType: DType
  /// Gives a score for each class: `[batch, classes]`.
  package let predictions: Endpoint

  /// Tells models apart: of the graph and of the checkpoint's index, in which each tensor has a checksum.
  package let digest: String

  /// Whether the graph is the one that the model was trained by: it draws, drops and normalizes as in training.
  package var isOfTraining: Bool { meta.collections["train_op"] != nil }

  package var metaPath: String { prefix + ".meta" }

  /// Opens the model at `path`, any name of a checkpoint that has a `.meta` file.
  ///
  /// - Parameter flags: in place of the `model_flags.json` beside it; gets whether the graph takes frames.
  /// - Throws: ``KernelError`` `.noInput` when a file is missing, `.badData` when the graph names no inputs and outputs
  ///   or takes other features than the flags say.
  package init(_ path: String, flags: ((VideoSchema.Level) throws -> ModelFlags)? = nil) throws {
    let prefix: String
    switch try CheckpointLocation(path) {
    case .bundle(let found), .v1(let found, _): prefix = found
    case .safetensors(let file), .npz(let file): throw KernelError(.noInput, file, "has no graph")
    }
    let metaPath = prefix + ".meta"
    guard FileStatus.exists(metaPath) else {
      throw KernelError(.noInput, metaPath, "no such file", hint: "copy the checkpoint's .meta file too")
    }
    try self.init(
      prefix, MetaGraph(reading: metaPath), openCheckpoint(prefix), digest: ExportedModel.digest(of: prefix),
      flags: flags)
  }

  /// A model whose graph and weights are at hand.
  ///
  /// - Parameters:
  ///   - prefix: what messages call it.
  ///   - digest: what tells it from others.
  ///   - flags: in place of the `model_flags.json` beside it.
  /// - Throws: ``KernelError`` `.badData` as for a model in files.
  package init(
    _ prefix: String, _ meta: MetaGraph, _ checkpoint: any TensorSource, digest: String,
    flags: ((VideoSchema.Level) throws -> ModelFlags)?
  ) throws {
    self.prefix = prefix
    self.meta = meta
    self.checkpoint = checkpoint
    self.digest = digest
    let metaPath = prefix + ".meta"
    let ports = ModelPorts(meta, metaPath)
    input = try ports.endpoint("input_batch_raw")
    predictions = try ports.endpoint("predictions")
    frameCounts = try ports.has("num_frames") ? ports.endpoint("num_frames") : nil
    let shape = ports.shape(of: input)
    let level = shape.dimensions.map { $0.count == 2 ? VideoSchema.Level.video : .frame }
    if let flags {
      self.flags = try flags(level ?? .frame)
    } else {
      let folder = Path.folder(of: prefix)
      self.flags = try ModelFlags(reading: Path.join(folder, ModelFlags.fileName))
    }
    schema = try ModelPorts.schema(self.flags, shape, metaPath)
    frameCountType = frameCounts.flatMap { ports.type(of: $0) } ?? (schema.level == .frame ? .int32 : .float32)
    guard frameCountType == .int32 || frameCountType == .int64 || frameCountType == .float32 else {
      throw KernelError(.badData, metaPath, "takes numbers of frames as \(frameCountType.name), not as int32")
    }
  }
}

/// The tensors that a graph's collections name.
private struct ModelPorts {
  let meta: MetaGraph
  let path: String

  init(_ meta: MetaGraph, _ path: String) {
    self.meta = meta
    self.path = path
  }

  func has(_ collection: String) -> Bool { meta.collections[collection] != nil }

  func endpoint(_ collection: String) throws -> Endpoint {
    guard case .names(let names)? = meta.collections[collection], let name = names.first else {
      throw KernelError(
        .badData, path, "has no collection \(collection), so it is no model exported for inference",
        hint: "ckpt-tool graph shows the collections that it has")
    }
    guard let endpoint = Endpoint(parsing: name), meta.graph[endpoint.node] != nil else {
      throw KernelError(
        .badData, path, "its collection \(collection) names \(name.printable), which does not exist")
    }
    return endpoint
  }

  func type(of endpoint: Endpoint) -> DType? { meta.graph[endpoint.node]?.attributes.type("dtype")?.dtype }

  func shape(of endpoint: Endpoint) -> PartialShape {
    let attributes = meta.graph[endpoint.node]?.attributes ?? [:]
    if case .list(.shapes(let shapes)) = attributes["_output_shapes"], endpoint.output < shapes.count {
      return shapes[endpoint.output]
    }
    return attributes.shape("shape") ?? .unknown
  }

  /// The schema of the flags with as many frames as the graph takes, after checking that it takes these features.
  static func schema(_ flags: ModelFlags, _ shape: PartialShape, _ path: String) throws -> VideoSchema {
    var schema = flags.schema
    guard let dimensions = shape.dimensions else { return schema }
    let rank = schema.level == .frame ? 3 : 2
    guard dimensions.count == rank else {
      throw KernelError(
        .badData, path,
        "takes a tensor \(shape) but \(flags.source) says that it takes \(schema.level.rawValue)-level records, of "
          + "which \(rank == 3 ? "[videos,frames,features]" : "[videos,features]") are made")
    }
    guard dimensions[rank - 1] < 0 || dimensions[rank - 1] == schema.rowSize else {
      let sizes = schema.inputs.map { "\($0.size)" }.joined(separator: " + ")
      throw KernelError(
        .badData, path,
        "takes \(dimensions[rank - 1]) numbers of each \(schema.level.rawValue) but \(flags.source) names features of "
          + sizes + (schema.inputs.count > 1 ? " = \(schema.rowSize)" : ""),
        hint: "are these the flags of this model?")
    }
    if rank == 3, dimensions[1] >= 0 { schema.maxFrames = dimensions[1] }
    guard schema.maxFrames > 0, schema.maxFrames <= 1 << 20 else {
      throw KernelError(.badData, path, "takes \(schema.maxFrames) frames of each video")
    }
    return schema
  }
}

extension ExportedModel {
  /// Whether predictions depend on random numbers, most likely of which frames are taken.
  package var drawsAtRandom: Bool {
    let fed = Set([input, frameCounts].compactMap { $0?.node })
    let needed = (try? meta.graph.ancestors(of: [predictions.node], feeding: fed)) ?? []
    return needed.contains { meta.graph[$0]?.op.hasPrefix("Random") == true }
  }

  /// What tells a checkpoint and its graph from others.
  package static func digest(of prefix: String) throws -> String {
    let sum = try SHA256()
    for path in [prefix + ".meta", prefix + ".index"] {
      // A V1 checkpoint has no index; its size must do.
      guard FileStatus.exists(path) else {
        try sum.update(Array("\(FileStatus(prefix)?.size ?? 0)".utf8))
        continue
      }
      try MappedFile(path).view.withUnsafeBytes { try sum.update($0) }
    }
    return SHA256.text(try sum.finish())
  }

  /// Maps the data files, so that the model can be used when they have lost their names.
  package func mapWeights() throws {
    guard let bundle = checkpoint as? Bundle else { return }
    for shard in 0..<bundle.index.header.shardCount { _ = try bundle.dataFile(shard) }
  }
}
