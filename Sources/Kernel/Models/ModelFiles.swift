import Bytes
import Checkpoints
import Graphs

/// A model as a checkpoint with its graph beside it.
///
/// Memory: the graph, three to four times its file.
package struct ModelFiles: Sendable {
  package let source: any TensorSource
  package var graph: MetaGraph
  /// The `.meta` file.
  package let graphPath: String
  /// `model_flags.json` beside the checkpoint, where there is one.
  package let flagsPath: String?

  /// Opens the model that `path` names in any of the ways of a checkpoint.
  ///
  /// - Throws: ``KernelError`` `.noInput` when the checkpoint or its graph is missing, `.badData` when one is damaged.
  package init(_ path: String) throws {
    let location = try CheckpointLocation(path)
    let prefix: String
    switch location {
    case .bundle(let found), .v1(let found, _): prefix = found
    case .safetensors(let file), .npz(let file):
      throw KernelError(
        .noInput, file, "has no graph, which has to be changed with the tensors",
        hint: "name a TensorFlow checkpoint with its .meta file")
    }
    graphPath = prefix + ".meta"
    guard FileStatus.exists(graphPath) else {
      throw KernelError(
        .noInput, graphPath, "no such file; the graph has to be changed with the tensors",
        hint: "copy the checkpoint's .meta file too")
    }
    source = try openCheckpoint(path)
    graph = try MetaGraph(reading: graphPath)
    let flags = Path.join(Path.folder(of: prefix), ModelFiles.flagsName)
    flagsPath = FileStatus.exists(flags) ? flags : nil
  }

  package static let flagsName = "model_flags.json"

  /// The tensors that the graph restores, in the order of its variables.
  ///
  /// - Throws: ``KernelError`` `.badData` when one is not in the checkpoint, or has another type or shape there.
  package func savedTensors() throws -> [(variable: GraphVariable, ref: TensorRef)] {
    let variables = try inGraph { try graph.variables().filter(\.isSaved) }
    return try variables.map { variable in
      guard let index = source.index(of: TensorName(variable.key)) else {
        throw KernelError(
          .badData, source.path, at: .tensor(variable.key), "is not in the checkpoint, but the graph restores it",
          hint: "checkpoint and graph belong to different models")
      }
      let ref = TensorRef(source, index)
      let shapeFits = !variable.slice.isEmpty || variable.shape.isCompatible(with: PartialShape(ref.info.shape))
      guard ref.info.dtype == variable.type.dtype, shapeFits else {
        throw KernelError(
          .badData, source.path, at: .tensor(variable.key),
          "is \(ref.info.dtype.name) \(ref.info.shape), but the graph restores \(variable.type) \(variable.shape)",
          hint: "checkpoint and graph belong to different models")
      }
      return (variable, ref)
    }
  }

  /// The result of `body`, whose errors get the graph's file if they name none.
  package func inGraph<R>(_ body: () throws -> R) throws -> R {
    do { return try body() } catch var error as KernelError where error.source.isEmpty {
      error.source = graphPath
      throw error
    }
  }
}
