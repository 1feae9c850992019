import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool ids`
struct Ids: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the ids of videos, one a line.",
    discussion: "The id is the feature id, or video_id as in the data of 2017.")

  @OptionGroup var inputs: ScannedInputs
  @Flag(help: "Add the name of the file, after a tab.") var withFile = false
  @OptionGroup var json: JSONFlag

  func run() throws {
    let withFile = withFile
    if json.json {
      return try inputs.scan().writeJSONArray { path, message, text in
        text.append(text: "{\"id\": ")
        RecordJSON.append(bytes: try Video.id(of: message), to: &text)
        text.append(text: ", \"file\": ")
        Array(path.utf8).withUnsafeBytes { text.append(jsonString: $0) }
        text.append(UInt8(ascii: "}"))
      }
    }
    try inputs.scan().writeText { path, message, text in
      try VideoColumns.appendID(of: message, to: &text)
      if withFile {
        text.append(UInt8(ascii: "\t"))
        text.append(contentsOf: path.utf8)
      }
      text.append(UInt8(ascii: "\n"))
    }
  }
}
