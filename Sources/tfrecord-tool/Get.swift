import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool get`
struct Get: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show chosen records, as cat does.",
    discussion: """
      Numbers count from 0 over all the files; a file with an index beside it (FILE.idx, see index) is read only \
      where its record is. Ids are those of id or video_id; every record that has one is shown. Records come in \
      the order of the files. Exits 1 when something is not found.
      """)

  @Argument(help: "The files.", completion: .file()) var files: [String]
  @Option(help: ArgumentHelp("The record with this number; may be repeated.", valueName: "n")) var index: [Int] = []
  @Option(help: ArgumentHelp("The records with this id; may be repeated.", valueName: "id")) var id: [String] = []
  @OptionGroup var text: RecordText
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var quiet: QuietOptions

  func validate() throws {
    guard index.isEmpty != id.isEmpty else { throw ValidationError("choose records with either --index or --id") }
    if let number = index.first(where: { $0 < 0 }) {
      throw ValidationError("--index must be 0 or more, not \(number)")
    }
  }

  func run() throws {
    let files = try FileArguments.expand(files)
    let missing = try id.isEmpty ? showNumbered(files) : showNamed(files)
    for name in missing { quiet.diagnostics.warning("there is no record \(name)") }
    if !missing.isEmpty { throw ExitStatus.no }
  }

  private func showNumbered(_ files: [String]) throws -> [String] {
    var rawCount = 0
    let count = try RecordLookup.find(Set(index), in: files) { path, _, record in
      var line: [UInt8] = []
      if try !text.append(record, of: path, to: &line) { rawCount += 1 }
      try StandardOutput.shared.write(line)
    }
    RecordText.warn(rawCount, quiet.diagnostics)
    return Set(index).sorted().filter { $0 >= count }.map { "\($0): there are \(count)" }
  }

  private func showNamed(_ files: [String]) throws -> [String] {
    let wanted = id.map { Array($0.utf8) }
    let format = text
    var found: Set<Int> = []
    var rawCount = 0
    try RecordScan(files, threads.workers).run { path, records in
      var part = (text: [UInt8](), rawCount: 0, found: Set<Int>())
      try records.forEach { record in
        // A record without an id is not the one that is looked for.
        guard let id = try? Video.id(of: RecordMessage(record.payload)),
          let number = wanted.firstIndex(where: { $0.count == id.count && $0.elementsEqual(id) })
        else { return }
        part.found.insert(number)
        if try !format.append(record, of: path, to: &part.text) { part.rawCount += 1 }
      }
      return part
    } take: { _, part in
      try StandardOutput.shared.write(part.text)
      found.formUnion(part.found)
      rawCount += part.rawCount
    }
    RecordText.warn(rawCount, quiet.diagnostics)
    return wanted.indices.filter { !found.contains($0) }.map { "with the id \(id[$0])" }
  }
}
