import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool convert`
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change the compression of a record file, or make numpy arrays of it and back.",
    discussion: """
      How the input is compressed shows in its contents; the name of the result decides how that is, or \
      --compression. The records keep every byte, and their checksums are checked on the way.

      When the result ends in .npz, the videos of all the files become arrays: id (strings), labels (all in a row), \
      rgb and audio (uint8, a row for each frame) and mean_rgb (float32, a row for each video). Video i has the labels \
      from labels_offsets[i] up to labels_offsets[i + 1], and its frames alike. An input that ends in .npz becomes \
      records.
      """)

  @Argument(help: "The file; several at once only become arrays.", completion: .file()) var input: String
  @OptionGroup var part: ShardOption
  @OptionGroup var output: RecordOutput
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let files = try FileArguments.expand([input])
    if let path = output.output, path.hasSuffix(".npz") { return try writeArrays(files, path) }
    if files.contains(where: { $0.hasSuffix(".npz") }) { return try readArrays(files) }
    guard files.count == 1 else {
      throw KernelError(
        .usage, "", "\(input) names \(files.count) files", hint: "convert them one by one, or use concat")
    }
    let writer = try output.writer(threads.workers)
    let meter = progress.start("converting", quiet)
    defer { meter.finish() }
    let total = RecordInputs.size(of: files)
    try RecordCopying(files, threads.workers, shard: part.shard).run(into: writer) { meter.report($0, total) }
    try writer.commit()
    quiet.diagnostics.detail("wrote \(writer.recordCount) records, \(ByteSize(writer.byteCount))")
  }
}

// MARK: Arrays

extension Convert {
  private func writeArrays(_ files: [String], _ path: String) throws {
    guard part.shard == nil, output.compression.compression == nil else {
      throw KernelError(.usage, "", "--shard and --compression are for records, not for arrays")
    }
    if let same = files.first(where: { $0.hasSuffix(".npz") }) {
      throw KernelError(.usage, same, "holds arrays already")
    }
    let total = 2 * RecordInputs.size(of: files)
    let meter = progress.start("converting", quiet)
    defer { meter.finish() }
    let count = try VideoArrays.write(files, to: path, existing: output.forcing.existing, threads.workers) {
      meter.report($0, total)
    }
    quiet.diagnostics.detail("wrote the arrays of \(count) videos")
  }

  private func readArrays(_ files: [String]) throws {
    guard files.count == 1, let file = files.first, part.shard == nil else {
      throw KernelError(.usage, "", "arrays are converted one file at a time, and as a whole")
    }
    let writer = try output.writer(threads.workers)
    let meter = progress.start("converting", quiet)
    defer { meter.finish() }
    let size = RecordInputs.size(of: files)
    try VideoArrays.readRecords(of: file, into: writer, threads.workers) { done, total in
      meter.report(Int(Double(size) * Double(done) / Double(max(1, total))), size)
    }
    try writer.commit()
    quiet.diagnostics.detail("wrote \(writer.recordCount) records, \(ByteSize(writer.byteCount))")
  }
}
