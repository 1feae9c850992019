import Bytes
import Graphs

/// A bound on what the constants of a graph take together.
///
/// A few bytes of a file may stand for 1 GiB, and a file may have any number of such constants. Written out they would
/// not fit a file, whose limit is 2 GiB; that is the limit here.
enum ConstantLimit {
  private static let byteCount = Int(Int32.max)

  /// - Parameter graph: only what is needed, since nothing else is decoded.
  /// - Throws: ``KernelError`` `.badData` at the constant with which it is too much.
  static func check(_ graph: Graph) throws {
    var total = 0
    for node in graph.nodes where node.op == "Const" {
      let size = node.attributes.tensor("value")?.decodedByteCount ?? 0
      guard size <= byteCount - total else {
        throw node.error("its \(size) bytes are too many: all constants of a graph may have \(byteCount)")
      }
      total += size
    }
  }
}
