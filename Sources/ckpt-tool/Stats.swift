import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool stats`
struct Stats: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what the values are like: extremes, mean, deviation, norm, zeros, NaNs.",
    discussion: """
      Minimum, maximum, mean, standard deviation and Euclidean norm are those of the finite values, computed in \
      float64; complex values count by their magnitude. Strings have none of them.
      """)

  @Argument(help: "The checkpoint.", completion: .file()) var checkpoint: String
  @OptionGroup var choice: TensorChoice
  @Flag(help: "Exit 1 when a value is NaN or infinite.") var check = false
  @OptionGroup var json: JSONFlag
  @OptionGroup var threads: ThreadsOption
  @OptionGroup var progress: ProgressFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let source = try openCheckpoint(checkpoint, quiet)
    let indices = try choice.indices(in: source, quiet.diagnostics)
    let meter = progress.start("reading \(Path.name(of: source.path))", quiet)
    defer { meter.finish() }
    let statistics = try source.statistics(of: indices, workers: threads.workers, progress: meter.report)
    if json.json { try writeJSON(source.path, statistics) } else { try writeTable(statistics) }
    if check, statistics.contains(where: { !$0.isFinite }) { throw ExitStatus.no }
  }

  private func writeTable(_ statistics: [TensorStatistics]) throws {
    let titles = ["min", "max", "mean", "std", "norm", "zeros", "nan", "inf"]
    var table = Table(
      [.init("tensor", isFlexible: true), .init("elements", .right)] + titles.map { .init($0, .right) })
    for item in statistics {
      let info = item.info
      var row = [info.name.description, "\(info.shape.elementCount)"]
      row += [item.minimum, item.maximum, item.mean, item.deviation, item.norm].map { $0.map(rounded) ?? "-" }
      row += [item.zeroCount, item.nanCount, item.infinityCount].map {
        info.dtype.byteCount == nil ? "-" : "\($0)"
      }
      table.append(row)
    }
    try table.write()
  }

  private func writeJSON(_ path: String, _ statistics: [TensorStatistics]) throws {
    let json = JSONWriter(StandardOutput.shared)
    try json.object {
      try json.member("path", path)
      try json.array("tensors") {
        for item in statistics {
          try json.object(inline: true) {
            try json.member("name", item.info.name.description)
            try json.member("dtype", item.info.dtype.name)
            try json.member("elements", item.info.shape.elementCount)
            try json.member("min", item.minimum)
            try json.member("max", item.maximum)
            try json.member("mean", item.mean)
            try json.member("std", item.deviation)
            try json.member("norm", item.norm)
            let hasNumbers = item.info.dtype.byteCount != nil
            try json.member("zeros", hasNumbers ? item.zeroCount : nil)
            try json.member("nan", hasNumbers ? item.nanCount : nil)
            try json.member("inf", hasNumbers ? item.infinityCount : nil)
          }
        }
      }
    }
  }
}
