import ArgumentParser
import Bytes
import Predictions

/// The prediction files of a command line, all of one sort.
enum PredictionInputs {
  case videos([PredictionFile])
  case segments([SegmentFile])

  /// Opens them, several at a time.
  ///
  /// - Throws: ``KernelError`` `.badData` when one is empty or of another sort than the first.
  init(_ paths: [String], _ workers: Workers) throws {
    let inputs = try workers.map(paths.count) { try WholeInput(paths[$0], spoolingBeyond: WholeInput.spoolSize) }
    if try PredictionInputs.areSegments(inputs, workers) {
      self = .segments(try workers.map(inputs.count) { try SegmentFile(inputs[$0]) })
    } else {
      self = .videos(try workers.map(inputs.count) { try PredictionFile(anyFormat: inputs[$0], Workers(1)) })
    }
  }

  /// Whether all `inputs` hold ranked segments, or all predictions of videos.
  ///
  /// - Throws: ``KernelError`` `.badData` when one is empty or of another sort than the first.
  static func areSegments(_ inputs: [WholeInput], _ workers: Workers) throws -> Bool {
    let formats = try inputs.map { try PredictionFormat(of: $0) }
    guard let first = formats.first else { return false }
    let isFirst = first == .segments
    guard let other = formats.firstIndex(where: { ($0 == .segments) != isFirst }) else { return isFirst }
    // What is neither is taken for videos; its reader knows better what is wrong.
    _ = try PredictionFile(anyFormat: inputs[isFirst ? other : 0], workers)
    throw KernelError(
      .badData, inputs[other].name,
      "holds predictions of \(isFirst ? "videos" : "segments"), but \(inputs[0].name) of "
        + "\(isFirst ? "segments" : "videos")")
  }

  /// The files that `arguments` name.
  ///
  /// - Throws: ``ValidationError`` when standard input is among them twice.
  static func paths(_ arguments: [String]) throws -> [String] {
    let paths = try FileArguments.expand(arguments)
    guard paths.filter({ $0 == FileArguments.standardInput }).count <= 1 else {
      throw ValidationError("standard input can be only one of the inputs")
    }
    return paths
  }
}
