import Bytes
import Records

/// What rows of predictions depend on: two runs with the same identity write the same rows.
///
/// The model is known by its ``ExportedModel/digest``, records by path, size and time of change. The batch size is
/// part of it only for models that draw at random: it changes no other prediction but for rounding, and a run may have
/// ended for want of memory.
package struct RunIdentity: Sendable, Equatable {
  /// A title and a value for each thing, in the order in which they are compared.
  private let lines: [String]

  /// - Parameter options: further things that rows depend on, as `top-k 20`.
  package init(_ model: ExportedModel, files: [String], options: [String]) {
    var lines = ["model \(model.digest)"]
    let inputs = model.schema.inputs.map { "\($0.name) \($0.size)" }.joined(separator: ", ")
    lines.append("features \(inputs)")
    lines += options
    lines += files.map { file in
      let status = FileStatus(file)
      return "records \(file) of \(status?.size ?? 0) bytes, changed at \(status?.modified ?? 0)"
    }
    self.lines = lines
  }

  /// Reads what ``text`` wrote.
  init(_ text: [UInt8]) {
    lines = String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  var text: [UInt8] { Array(lines.map { $0.printable + "\n" }.joined().utf8) }

  /// What `other` has in place of something here; `nil` when they are the same.
  func difference(from other: RunIdentity) -> String? {
    let (mine, others) = (RunIdentity(text).lines, RunIdentity(other.text).lines)
    guard mine != others else { return nil }
    for index in 0..<max(mine.count, others.count) {
      let (line, old) = (index < mine.count ? mine[index] : nil, index < others.count ? others[index] : nil)
      if line != old { return "it has '\(old ?? "nothing")' where this one has '\(line ?? "nothing")'" }
    }
    return nil
  }
}
