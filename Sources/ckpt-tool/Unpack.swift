import ArgumentParser
import Bytes
import Checkpoints
import Packaging
import Terminal

/// `ckpt-tool unpack`
struct Unpack: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Unpack a submission archive, all of it or nothing.",
    discussion: """
      Takes tar archives, gzipped or not. Refuses members outside the folder, links, devices, names that appear \
      twice, archives that are damaged or unpack to far more than they should.
      """)

  @Argument(
    help: "The archive to unpack; - for standard input.", completion: .file(extensions: ["tgz", "gz", "tar"]))
  var archive: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder to unpack into.", valueName: "folder"),
    completion: .directory)
  var output = "."

  @Option(help: ArgumentHelp("Refuse an archive whose files have more bytes than this.", valueName: "size"))
  var limit = ByteSize(ArchiveLimits().totalBytes)

  @OptionGroup var forcing: ForceFlag
  @OptionGroup var dryRun: DryRunFlag
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let size = FileStatus(archive)?.size ?? 0
    let progress = progress.start("unpacking", quiet)
    defer { progress.finish() }
    let unpacker = ArchiveUnpacker(
      archive, into: output, existing: forcing.existing, limits: ArchiveLimits(totalBytes: limit.bytes))
    if dryRun.dryRun { return try plan(unpacker) }
    let members = try unpacker.unpack { progress.report($0, size) }
    for member in members { quiet.diagnostics.detail("\(member.name): \(counted(member.byteCount, "byte"))") }
  }

  private func plan(_ unpacker: ArchiveUnpacker) throws {
    var table = Table([.init("member", isFlexible: true), .init("bytes", .right)])
    let members = try unpacker.check()
    for member in members {
      table.append([member.isFolder ? member.name + "/" : member.name, "\(member.byteCount)"])
    }
    try table.write()
    let total = members.lazy.map(\.byteCount).saturatedSum
    // The buffers of the archive's reader and of the writer.
    let memory = ByteSize(4 << 20)
    try StandardOutput.shared.line(
      "\(counted(members.count, "member")), \(counted(total, "byte")), about \(memory) of memory")
    try StandardOutput.shared.line("would write into \(output.printable)")
  }
}
