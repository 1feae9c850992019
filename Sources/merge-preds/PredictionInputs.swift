import ArgumentParser
import Bytes
import Predictions

/// The prediction files of a command line, all of one sort.
enum PredictionInputs {
  case videos([PredictionFile])
  case segments([SegmentFile])

  /// Opens them, several at a time.
  ///
  /// - Throws: ``KernelError`` `.badData` when one is of another sort than the first.
  init(_ paths: [String], _ workers: Workers) throws {
    let inputs = try workers.map(paths.count) { try WholeInput(paths[$0], spoolingBeyond: WholeInput.spoolSize) }
    let areSegments = inputs.map { PredictionFormat($0.bytes) == .segments }
    if let other = areSegments.firstIndex(where: { $0 != areSegments[0] }) {
      throw KernelError(
        .badData, inputs[other].name,
        "holds predictions of \(areSegments[other] ? "segments" : "videos"), but \(inputs[0].name) of "
          + "\(areSegments[0] ? "segments" : "videos")")
    }
    if areSegments.first == true {
      self = .segments(try workers.map(inputs.count) { try SegmentFile(inputs[$0]) })
    } else {
      self = .videos(try workers.map(inputs.count) { try PredictionFile(anyFormat: inputs[$0], Workers(1)) })
    }
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
