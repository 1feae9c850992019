import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool checksum`
struct Checksum: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print one SHA-256 of all records, whatever their order, files and compression.",
    discussion: """
      It stays the same exactly when splitting, joining, shuffling or converting lost nothing, doubled nothing and \
      changed nothing. docs/formats.md defines it.
      """)

  @OptionGroup var inputs: RecordInputs
  @Flag(help: "Print a digest for each file instead of one for all.") var each = false
  @OptionGroup var format: JSONFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    if each && inputs.shard != nil { throw ValidationError("--shard counts through all files, so not with --each") }
  }

  func run() throws {
    let files = try inputs.expanded()
    let meter = progress.start("reading", quiet)
    defer { meter.finish() }
    let total = RecordInputs.size(of: files)
    if !each {
      var digest = RecordDigest()
      try digest.add(files, threads.workers, shard: inputs.shard) { meter.report($0, total) }
      return try format.json
        ? write(digest, nil, JSONWriter(StandardOutput.shared)) : line(digest, counted(digest))
    }
    func forEach(_ body: (RecordDigest, String) throws -> Void) throws {
      for file in files {
        var digest = RecordDigest()
        try digest.add([file], threads.workers) { meter.report($0, total) }
        try body(digest, FileArguments.displayName(of: file))
      }
    }
    guard format.json else { return try forEach { try line($0, $1.printable) } }
    let json = JSONWriter(StandardOutput.shared)
    try json.array { try forEach { try write($0, $1, json) } }
  }

  private func counted(_ digest: RecordDigest) -> String {
    "\(digest.recordCount) records, \(digest.byteCount) bytes"
  }

  private func line(_ digest: RecordDigest, _ subject: String) throws {
    try StandardOutput.shared.line("\(try digest.text())  \(subject)")
  }

  private func write(_ digest: RecordDigest, _ file: String?, _ json: JSONWriter) throws {
    try json.object(inline: true) {
      if let file { try json.member("file", file) }
      try json.member("sha256", try digest.text())
      try json.member("records", digest.recordCount)
      try json.member("bytes", digest.byteCount)
    }
  }
}
