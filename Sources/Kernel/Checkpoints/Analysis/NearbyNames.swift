import Bytes

extension TensorSource {
  /// The position of the tensor called `name`.
  ///
  /// - Throws: ``KernelError`` `.usage` when there is none, with the most similar names as the hint.
  public func requiredIndex(of name: TensorName) throws -> Int {
    if let index = index(of: name) { return index }
    let near = names(near: name).map(\.description)
    throw KernelError(
      .usage, path, at: .tensor(name.description), "there is no such tensor",
      hint: near.isEmpty ? nil : "did you mean \(near.joined(separator: ", "))?")
  }

  /// Up to three names that may have been meant: those that contain `name` or end in the same word, else those that
  /// a few typing errors away.
  package func names(near name: TensorName) -> [TensorName] {
    let limit = name.utf8.count < 5 ? 1 : max(2, name.utf8.count / 4)
    let candidates = tensors.lazy.compactMap { info -> (distance: Int, name: TensorName)? in
      let distance = editDistance(name.utf8, info.name.utf8, limit: limit)
      if distance <= limit { return (distance, info.name) }
      let isPart = !name.utf8.isEmpty && info.name.utf8.contains(name.utf8)
      return isPart ? (limit + 1, info.name) : nil
    }
    let best = candidates.sorted {
      ($0.distance, $0.name.utf8.count, $0.name) < ($1.distance, $1.name.utf8.count, $1.name)
    }
    return best.prefix(3).map(\.name)
  }
}

/// Insertions, deletions and substitutions of bytes between `a` and `b` (Levenshtein's distance); more than `limit`
/// is told as `limit + 1`, which keeps comparing with many long names quick.
private func editDistance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int {
  guard abs(a.count - b.count) <= limit, a.count <= 1024 else { return limit + 1 }
  var previous = Array(0...b.count)
  var current = previous
  for (i, left) in a.enumerated() {
    current[0] = i + 1
    var least = current[0]
    for (j, right) in b.enumerated() {
      current[j + 1] = min(previous[j] + (left == right ? 0 : 1), previous[j + 1] + 1, current[j] + 1)
      least = min(least, current[j + 1])
    }
    if least > limit { return limit + 1 }
    swap(&previous, &current)
  }
  return min(previous[b.count], limit + 1)
}
