import ArgumentParser
import Bytes
import Checkpoints
import Packaging
import Terminal

/// `ckpt-tool inspect`
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List a submission archive and its tensors without unpacking it.",
    discussion: "Reads the whole archive and checks it as unpack does.")

  @Argument(
    help: "The archive to inspect; - for standard input.", completion: .file(extensions: ["tgz", "gz", "tar"]))
  var archive: String

  @Option(help: ArgumentHelp("Refuse an archive whose files have more bytes than this.", valueName: "size"))
  var limit = ByteSize(ArchiveLimits().totalBytes)

  @OptionGroup var format: JSONFlag

  func run() throws {
    let listing = try ArchiveListing(archive, limits: ArchiveLimits(totalBytes: limit.bytes))
    let checkpoints = try listing.indexMembers.map { try index($0.name, $0.contents) }
    if format.json { try writeJSON(listing, checkpoints) } else { try writeTables(listing, checkpoints) }
  }

  private func index(_ name: String, _ contents: ByteView) throws -> BundleIndex {
    do { return try BundleIndex(contents, path: name) } catch let error as KernelError {
      throw KernelError(error.kind, archive, at: .member(name), error.problem, hint: error.hint)
    }
  }

  private func writeTables(_ listing: ArchiveListing, _ checkpoints: [BundleIndex]) throws {
    var members = Table([Table.Column("member", isFlexible: true), Table.Column("bytes", .right)])
    for member in listing.members {
      members.append([member.isFolder ? member.name + "/" : member.name, "\(member.byteCount)"])
    }
    try members.write()
    let total = listing.members.lazy.map(\.byteCount).saturatedSum
    try StandardOutput.shared.line("\(counted(listing.members.count, "member")), \(counted(total, "byte"))")
    for checkpoint in checkpoints {
      var tensors = Table([
        Table.Column("tensor", isFlexible: true), Table.Column("dtype"), Table.Column("shape"),
        Table.Column("bytes", .right),
      ])
      for tensor in checkpoint.tensors.map(\.info) {
        tensors.append([tensor.name.description, tensor.dtype.name, "\(tensor.shape)", "\(tensor.byteCount)"])
      }
      try StandardOutput.shared.line("\n\(checkpoint.path.printable)")
      try tensors.write()
      let total = checkpoint.tensors.lazy.map(\.info.byteCount).saturatedSum
      try StandardOutput.shared.line("\(counted(checkpoint.tensors.count, "tensor")), \(counted(total, "byte"))")
    }
  }

  private func writeJSON(_ listing: ArchiveListing, _ checkpoints: [BundleIndex]) throws {
    let json = JSONWriter(StandardOutput.shared)
    try json.object {
      try json.member("archive", archive)
      try json.member("bytes", listing.archiveByteCount)
      try json.array("members") {
        for member in listing.members {
          try json.object(inline: true) {
            try json.member("name", member.name)
            try json.member("kind", member.isFolder ? "folder" : "file")
            try json.member("bytes", member.byteCount)
          }
        }
      }
      try json.array("checkpoints") {
        for checkpoint in checkpoints {
          try json.object {
            try json.member("index", checkpoint.path)
            try json.array("tensors") { for tensor in checkpoint.tensors { try write(tensor.info, to: json) } }
          }
        }
      }
    }
  }

  private func write(_ tensor: TensorInfo, to json: JSONWriter) throws {
    try json.object(inline: true) {
      try json.member("name", tensor.name.description)
      try json.member("dtype", tensor.dtype.name)
      try json.member("shape", tensor.shape.dimensions)
      try json.member("bytes", tensor.byteCount)
    }
  }
}
