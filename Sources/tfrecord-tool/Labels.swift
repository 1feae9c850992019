import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool labels`
struct Labels: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the ground truth as CSV.",
    discussion: """
      The header is VideoId,Labels and a line is the id, a comma, and the labels separated by blanks, as stored. With \
      --segments there is no header, and a line is ID:START,LABEL,SCORE for each rating, as segment evaluation reads \
      it; of several ratings of one segment and label the last counts.
      """)

  @OptionGroup var inputs: ScannedInputs
  @Flag(help: "Write the ratings of segments instead of the labels of videos.") var segments = false
  @OptionGroup var json: JSONFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let scan = try inputs.scan()
    if json.json {
      let members: VideoColumns.Members = segments ? .segments : .labels
      return try scan.writeJSONArray { _, message, text in
        try VideoColumns.appendJSON(of: message, members, to: &text)
      }
    }
    if segments {
      let isAny = try scan.writeText { _, message, text in try VideoColumns.appendSegments(of: message, to: &text) }
      if !isAny { quiet.diagnostics.warning("no record has ratings of segments") }
      return
    }
    try scan.writeText(header: "VideoId,Labels") { _, message, text in
      try VideoColumns.appendLabels(of: message, to: &text)
      text.append(UInt8(ascii: "\n"))
    }
  }
}
