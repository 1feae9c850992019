import Bytes
import Execution
import Records
import Tensors

/// Videos that go through a graph together, in the order of their records.
package struct VideoBatch: Sendable {
  /// What is known of one of them beside its features.
  package struct Member: Sendable {
    package var id: [UInt8] = []
    package var frameCount = 0
    /// Ascending, none twice; empty unless the reader was asked for labels.
    package var labels: [Int32] = []
    /// The file, as messages call it.
    package var path = ""
    package var record = 0
    package var offset = 0

    package init(
      id: [UInt8] = [], frameCount: Int = 0, labels: [Int32] = [], path: String = "", record: Int = 0,
      offset: Int = 0
    ) {
      self.id = id
      self.frameCount = frameCount
      self.labels = labels
      self.path = path
      self.record = record
      self.offset = offset
    }
  }

  package let members: [Member]
  /// The features: `[videos, frames, features]`, or `[videos, features]` at video level; zeros after the last frame.
  ///
  /// Valid until the batch after the next one is read.
  package let features: Tensor
  /// About how many bytes of the files have been read; of compressed ones nobody knows before their end.
  package let byteCount: Int

  /// A batch of these videos; `features` has a row for each.
  package init(members: [Member], features: Tensor, byteCount: Int) {
    self.members = members
    self.features = features
    self.byteCount = byteCount
  }

  package var count: Int { members.count }

  /// The numbers of frames as a vector of `dtype`: int32, int64 or float32.
  package func frameCounts(as dtype: DType) -> Tensor? {
    guard let shape = Shape([count]) else { return nil }
    switch dtype {
    case .int32: return Tensor(members.map { Int32(clamping: $0.frameCount) }, shape)
    case .int64: return Tensor(members.map { Int64($0.frameCount) }, shape)
    default: return Tensor(members.map { Float($0.frameCount) }, shape)
    }
  }

  /// A complaint about one of the videos.
  package func error(_ index: Int, _ problem: String, hint: String? = nil) -> KernelError {
    let member = members[index]
    let id = String(decoding: member.id.prefix(64), as: UTF8.self).printable
    return KernelError(
      .badData, member.path, at: .byte(member.offset), "record \(member.record) (video \(id)): \(problem)",
      hint: hint)
  }
}
