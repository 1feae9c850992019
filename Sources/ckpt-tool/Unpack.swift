import ArgumentParser
import Bytes
import Packaging
import Terminal

struct Unpack: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Unpack a submission archive, all of it or nothing.",
    discussion: """
      Takes tar archives, gzipped or not. Refuses members outside the folder, links, devices, names that appear \
      twice, archives that are damaged or unpack to far more than they should.
      """)

  @Argument(help: "The archive to unpack.", completion: .file(extensions: ["tgz", "gz", "tar"]))
  var archive: String

  @Option(
    name: .shortAndLong, help: ArgumentHelp("The folder to unpack into.", valueName: "folder"),
    completion: .directory)
  var output = "."

  @Option(help: ArgumentHelp("Refuse an archive whose files have more bytes than this.", valueName: "size"))
  var limit = ByteSize(ArchiveLimits().totalBytes)

  @OptionGroup var forcing: ForceFlag
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let size = FileStatus(archive)?.size ?? 0
    let progress = progress.start("unpacking", quiet)
    defer { progress.finish() }
    let unpacker = ArchiveUnpacker(
      archive, into: output, existing: forcing.existing, limits: ArchiveLimits(totalBytes: limit.bytes))
    let members = try unpacker.unpack { progress.report($0, size) }
    for member in members { quiet.diagnostics.detail("\(member.name): \(member.byteCount) bytes") }
  }
}
