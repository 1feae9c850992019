import Bytes

/// Checks one data file: that it is there, has the size that the index needs, and that its stretches tile it.
struct ShardAudit: Sendable {
  private let path: String
  private let file: MappedFile?
  /// In the order of their offsets.
  let stretches: [StoredStretch]
  /// Those that lie in the file and neither overlap nor repeat one before them, by position in ``stretches``. Their bytes add up to
  /// no more than the file's, so hostile entries cannot make the work long.
  private(set) var readable: [Int] = []
  private var fileFindings: [KernelError] = []
  private var problems: [(stretch: Int, problem: String)] = []
  private var checksumFailures: [Int] = []

  /// - Parameter indexIsComplete: whether every entry of the index could be used; holes mean nothing otherwise.
  /// - Throws: ``KernelError`` when the file is there but may not be read, which says nothing of its state.
  init(path: String, stretches: [StoredStretch], indexIsComplete: Bool) throws {
    self.path = path
    self.stretches = stretches.sorted { ($0.entry.offset, $0.entry.size) < ($1.entry.offset, $1.entry.size) }
    do { file = try MappedFile(path) } catch {
      if FileStatus(path)?.isRegular == true { throw error }
      file = nil
      reportMissing(error as? KernelError)
      return
    }
    let holes = layOut()
    if indexIsComplete { reportHoles(holes) }
  }

  /// What is wrong with the bytes of a readable stretch, if anything.
  func problem(of stretch: Int, _ workers: Workers, _ meter: WorkMeter) throws -> String? {
    guard let file else { return nil }
    defer { meter.add(stretches[stretch].entry.size) }
    return try stretches[stretch].problem(with: file.view.subview(stretches[stretch].range), workers)
  }

  /// Notes that the bytes of a stretch are damaged.
  mutating func report(_ problem: String, of stretch: Int) {
    problems.append((stretch, problem))
    checksumFailures.append(stretch)
  }

  /// The file's faults, then those of its tensors by name; the last carries the likely cause.
  var findings: [KernelError] {
    let sorted = problems.sorted { a, b in
      let (left, right) = (stretches[a.stretch], stretches[b.stretch])
      return left.name == right.name ? (left.slice ?? 0) < (right.slice ?? 0) : left.name < right.name
    }
    var findings = fileFindings
    findings += sorted.map { stretch, problem in
      let slice = stretches[stretch].slice.map { "slice \($0): " } ?? ""
      return KernelError(.badData, path, at: .tensor(stretches[stretch].name.description), slice + problem)
    }
    if let last = findings.indices.last, let cause { findings[last].hint = cause }
    return findings
  }
}

extension ShardAudit {
  private mutating func reportMissing(_ error: KernelError?) {
    fileFindings = [error ?? KernelError(.noInput, path, "cannot be read")]
    for stretch in stretches.indices where stretches[stretch].entry.size > 0 {
      problems.append((stretch, "its \(stretches[stretch].entry.size) bytes are missing"))
    }
  }

  /// Sorts out stretches that exceed the file or overlap, and returns the bytes in between that no tensor claims.
  private mutating func layOut() -> [Range<Int>] {
    guard let file else { return [] }
    var holes: [Range<Int>] = []
    var end = 0
    var last: Int?
    for (position, stretch) in stretches.enumerated() {
      let range = stretch.range
      // Equal tensors may share their bytes, which then are read once.
      if let last, !range.isEmpty, range == stretches[last].range,
        stretch.entry.maskedCRC == stretches[last].entry.maskedCRC
      {
        continue
      }
      if let last, !range.isEmpty, range.lowerBound < end {
        problems.append((position, "its bytes \(range.words) are also those of tensor \(stretches[last].title)"))
      } else if range.upperBound > file.count {
        problems.append((position, "needs bytes \(range.words), but the file has only \(file.count)"))
      } else {
        readable.append(position)
      }
      if range.lowerBound > end { holes.append(end..<range.lowerBound) }
      if range.upperBound > end { (end, last) = (range.upperBound, position) }
    }
    if end > file.count {
      fileFindings.append(
        KernelError(.badData, path, "has \(file.count) of the \(end) bytes that the index needs"))
    } else if end < file.count {
      holes.append(end..<file.count)
    }
    return holes
  }

  private mutating func reportHoles(_ holes: [Range<Int>]) {
    guard let file else { return }
    for hole in holes where hole.lowerBound < file.count {
      if hole.upperBound == file.count {
        fileFindings.append(
          KernelError(.badData, path, "bytes \(hole.words) follow the last tensor"))
      } else if !isPadding(hole, of: file) {
        fileFindings.append(
          KernelError(.badData, path, "bytes \(hole.words) belong to no tensor"))
      }
    }
  }

  /// Whether the bytes may be there to align the next tensor, which TensorFlow's writer can be asked for.
  private func isPadding(_ hole: Range<Int>, of file: MappedFile) -> Bool {
    guard hole.count < 4096, hole.upperBound <= file.count else { return false }
    return file.view.subview(hole).withUnsafeBytes { $0.allSatisfy { $0 == 0 } }
  }
}

extension ShardAudit {
  /// The likely cause of what was found.
  private var cause: String? {
    guard let file else { return "copy the file too; a checkpoint needs all of its data files" }
    if let pointer = gitPointerHint(file.view) { return pointer }
    let end = stretches.lazy.map(\.range.upperBound).max() ?? 0
    if file.count < end { return "the copy is incomplete; copy the file again" }
    if let start = zeroTail(of: file), checksumFailures.contains(where: { stretches[$0].range.upperBound > start })
    {
      return "all is zero from byte \(start) on: a download or copy was interrupted; fetch the file again"
    }
    let checked = readable.lazy.filter { !stretches[$0].range.isEmpty }.count
    if file.count > end {
      return "the index belongs to another, smaller checkpoint, or something was appended; copy both files again"
    }
    guard !checksumFailures.isEmpty else {
      return problems.isEmpty && fileFindings.isEmpty ? nil : "the index was made by a faulty program"
    }
    if checked == 1 { return "the file is damaged, or belongs to another checkpoint; copy both files again" }
    return checksumFailures.count * 2 >= checked
      ? "sizes fit but most tensors do not: index and data belong to different checkpoints; copy both again"
      : "the file was damaged after it was written; copy it again"
  }

  /// Where the zeros at the end of the file begin, if they are more than a few.
  private func zeroTail(of file: MappedFile) -> Int? {
    let start = file.view.withUnsafeBytes { bytes in
      (bytes.lastIndex { $0 != 0 } ?? -1) + 1
    }
    return file.count - start >= 512 ? start : nil
  }
}

extension Range<Int> {
  fileprivate var words: String { "\(lowerBound) to \(upperBound)" }
}
