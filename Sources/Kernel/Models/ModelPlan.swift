import Bytes
import Checkpoints
import Graphs

/// A model that is ready to be written.
package struct ModelPlan: Sendable {
  package let tensors: OutputPlan
  package let graph: MetaGraph
  /// `model_flags.json` to be copied.
  package let flagsPath: String?

  package init(tensors: OutputPlan, graph: MetaGraph, flagsPath: String?) {
    self.tensors = tensors
    self.graph = graph
    self.flagsPath = flagsPath
  }

  /// The files that belong to the checkpoint at `prefix`: its graph, and the flags in its folder unless they are there
  /// already.
  package func companions(of prefix: String) throws -> [CompanionFile] {
    var files = [CompanionFile(prefix + ".meta", ByteView(try graph.encoded()))]
    let target = Path.join(Path.folder(of: prefix), ModelFiles.flagsName)
    if let flagsPath {
      let flags = try MappedFile(flagsPath).view
      let isThere = (try? MappedFile(target).view.array) == flags.array
      if !isThere { files.append(CompanionFile(target, flags)) }
    }
    return files
  }

  /// Bytes of all files of the model: data, index, graph, and flags wherever they come from.
  ///
  /// - Throws: ``KernelError`` `.noInput` when the flags cannot be read.
  package func byteCount() throws -> Int {
    let flags = try flagsPath.map { try MappedFile($0).view.count } ?? 0
    return [BundleWriter.byteCount(of: tensors), graph.encodedByteCount, flags].saturatedSum
  }
}
