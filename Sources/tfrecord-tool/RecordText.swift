import ArgumentParser
import Bytes
import Records
import Terminal

/// How `cat`, `head` and `get` show records.
struct RecordText: ParsableArguments {
  enum Decoder: String, ExpressibleByArgument, CaseIterable { case yt8m }

  @Flag(help: "Show every record as its payload in base64.") var raw = false
  @Option(help: ArgumentHelp("Show only the id, labels, sizes and segments of videos.", valueName: "schema"))
  var decode: Decoder?

  func validate() throws {
    if raw, decode != nil { throw ValidationError("--raw and --decode exclude each other") }
  }

  /// Appends the line of a record.
  ///
  /// - Returns: whether it shows what was asked for; `false` if the payload had to be shown in base64.
  func append(_ record: Record, of path: String, to text: inout [UInt8]) throws -> Bool {
    if raw {
      RecordJSON.appendRaw(record.payload, to: &text)
      return true
    }
    guard decode != nil else { return RecordJSON.append(record.payload, to: &text) }
    try record.explaining(in: path) {
      let members: VideoColumns.Members = [.labels, .sizes, .segments]
      try VideoColumns.appendJSON(of: RecordMessage(record.payload), members, to: &text)
    }
    text.append(UInt8(ascii: "\n"))
    return true
  }

  /// Says that some records could not be shown as examples.
  static func warn(_ count: Int, _ diagnostics: Diagnostics) {
    guard count > 0 else { return }
    let verb = count == 1 ? "is shown" : "are shown"
    diagnostics.warning(
      "\(counted(count, "record")) \(verb) in base64, being no example or having fields that examples do not have")
  }
}

/// `1 record`, `2 records`.
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
