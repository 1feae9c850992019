import ArgumentParser
import Bytes
import Inference
import Terminal

/// Which records to read, and how.
struct RecordOptions: ParsableArguments {
  @Argument(
    help: """
      The record files: paths, quoted globs, comma-separated lists of them, @list for a file of names, or - for \
      standard input.
      """, completion: .file())
  var files: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      How many videos go through the graph together. It decides how much memory is needed: 1.4 MB a video of 300 \
      frames twice, and what the graph takes. Predictions differ in the last digit at most, but for models that draw \
      frames at random, whose draws follow the batches.
      """, valueName: "n"))
  var batchSize = 128

  @Option(
    help: ArgumentHelp(
      "How many threads read records while the model computes (default: as many as --threads).", valueName: "n"))
  var numReaders: Int?

  @OptionGroup var part: ShardOption

  func validate() throws {
    if batchSize < 1 { throw ValidationError("--batch-size must be 1 or more, not \(batchSize)") }
    if let numReaders, numReaders < 1 {
      throw ValidationError("--num-readers must be 1 or more, not \(numReaders)")
    }
  }

  /// The files that the arguments and `pattern` name.
  func expanded(_ pattern: [String], option: String) throws -> [String] {
    guard !(files + pattern).isEmpty else {
      throw KernelError(.usage, "", "there are no record files to read", hint: "name them, or use \(option)")
    }
    return try FileArguments.expand(files + pattern)
  }

  /// Refuses to replace records by what is made of them.
  func check(_ output: String?, isNoneOf files: [String]) throws {
    guard let output, let identity = FileStatus(output)?.identity else { return }
    if files.contains(where: { FileStatus($0)?.identity == identity }) {
      throw KernelError(.cannotCreate, output, "is one of the record files to be read", hint: "choose another name")
    }
  }

  /// The threads that read.
  func readers(_ workers: Workers) -> Workers { numReaders.map { Workers($0) } ?? workers }

  /// Their sizes together; 0 when that cannot be told before reading.
  static func byteCount(_ files: [String]) -> Int {
    files.reduce(0) { $0 + (FileStatus($1)?.size ?? 0) }
  }
}
