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

  /// Bytes of all files, the index estimated.
  package func byteCount(prefix: String) throws -> Int {
    let names = tensors.tensors.map { $0.info.name.utf8.count + 40 }.saturatedSum
    let others = try companions(of: prefix).map(\.bytes.count).saturatedSum
    return [tensors.byteCount, names, others].saturatedSum
  }
}
