import ArgumentParser
import Bytes
import Records
import Terminal

/// How records are compressed that a subcommand writes.
struct CompressionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Compress the result so (default: by its name, .gz as gzip, .zlib or .zz as zlib, others not).",
      valueName: "none|gzip|zlib"))
  var compression: RecordCompression?

  @Option(help: ArgumentHelp("How hard to compress: 0 (not at all) to 9 (slowly).", valueName: "n"))
  var level = GzipLevel.standard.number

  func validate() throws {
    guard GzipLevel(level) != nil else { throw ValidationError("--level must be 0 to 9, not \(level)") }
  }

  var gzipLevel: GzipLevel { GzipLevel(level) ?? .standard }
}

extension RecordCompression: ExpressibleByArgument {}

/// `-o` and how to write there, for subcommands with one result.
struct RecordOutput: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Where to write the records; - is standard output, the default.", valueName: "path"),
    completion: .file())
  var output: String?

  @OptionGroup var forcing: ForceFlag
  @OptionGroup var compression: CompressionOptions

  var isStandardOutput: Bool { output == nil || output == "-" }

  /// Starts the result; records do not go to a terminal.
  func writer(_ workers: Workers) throws -> RecordWriter {
    guard !isStandardOutput, let output else {
      guard !StandardOutput.shared.isTerminal else {
        throw KernelError(
          .usage, "", "records are not for a terminal", hint: "say where to write them with --output PATH")
      }
      return RecordWriter(
        to: StandardOutput.shared, compression: compression.compression ?? .none, level: compression.gzipLevel,
        workers: workers)
    }
    return try RecordWriter(
      output, existing: forcing.existing, compression: compression.compression, level: compression.gzipLevel,
      workers: workers)
  }
}

/// `-o` and how to write there, for subcommands whose result may be several files.
struct ShardedOutput: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The files' names up to -00000-of-00010.tfrecord.", valueName: "prefix"),
    completion: .file())
  var output: String?

  @OptionGroup var forcing: ForceFlag
  @OptionGroup var compression: CompressionOptions

  func requiredPrefix() throws -> String {
    guard let output, output != "-" else {
      throw KernelError(.usage, "", "there is nowhere to write to", hint: "say where with --output PREFIX")
    }
    return output
  }

  func options(_ workers: Workers) -> ShardedWriter.Options {
    ShardedWriter.Options(
      existing: forcing.existing, compression: compression.compression, level: compression.gzipLevel,
      workers: workers)
  }
}
