import ArgumentParser
import Bytes
import Records
import Terminal

/// `tfrecord-tool cat`
struct Cat: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show records as lines of JSON.",
    discussion: """
      A line is {"features": {"id": {"bytes": ["ab"]}, "labels": {"int64": [3]}, "rgb": {"float": [0.5]}}} for an \
      example and {"context": {...}, "feature_lists": {"rgb": [{"bytes": [...]}, ...]}} for a sequence, features in \
      their stored order. Bytes are text when they are UTF-8 without control characters, else {"base64": "..."}. \
      A record that is neither, or has fields that those do not have, is {"raw": "..."}, its payload in base64. \
      from-json makes records of the lines again.
      """)

  @OptionGroup var inputs: ScannedInputs
  @OptionGroup var text: RecordText
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let format = text
    var rawCount = 0
    try inputs.scan().run { path, records in
      var text: [UInt8] = []
      var rawCount = 0
      try records.forEach { record in
        if try !format.append(record, of: path, to: &text) { rawCount += 1 }
      }
      return (text, rawCount)
    } take: { _, part in
      try StandardOutput.shared.write(part.0)
      rawCount += part.1
    }
    RecordText.warn(rawCount, quiet.diagnostics)
  }
}
