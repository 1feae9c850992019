import Bytes
import Foundation
import Inference
import TestSupport
import Testing

/// The records that the 2018 first place's programs were run on, in the order of their names.
let mihaRecords = ["fakes/records/test00.tfrecord", "inference/test01.tfrecord", "fakes/records/test02.tfrecord"]
  .map(fixture)

/// The model that they were run with, as their `inference.py` packed it.
func mihaModel() throws -> ExportedModel {
  let unpacked = try UnpackedModel(fixture("inference/model.tgz"), into: nil, existing: .refuse)
  let model = try ExportedModel(try ModelFolder.model(in: unpacked.folder))
  try model.mapWeights()
  return model
}

/// A tiny model of `Tests/Fixtures/models`.
func tinyModel(_ name: String) throws -> ExportedModel {
  try ExportedModel(fixture("models/\(name)/inference_model"))
}

/// Collects what is written.
final class Collected: ByteSink {
  private(set) var bytes: [UInt8] = []

  func write(_ piece: UnsafeRawBufferPointer) { bytes.append(contentsOf: piece) }

  /// The lines, without their ends.
  var lines: [String] { String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init) }
}

/// What is wrong, as the user reads it; records an issue when nothing is.
func complaint(_ body: () throws -> Void) -> String {
  do { try body() } catch { return "\(error)" }
  Issue.record("nothing was wrong")
  return ""
}

/// A run with usual options.
func run(
  _ model: ExportedModel, _ files: [String], topK: Int = 20, rounds: Int = 1, seed: UInt64? = nil,
  batchSize: Int = 7,
  threads: Int = 2
) -> InferenceRun {
  InferenceRun(
    model: model, files: files, topK: topK, rounds: rounds, seed: seed, batchSize: batchSize,
    workers: Workers(threads), readers: Workers(threads))
}

/// The lines of the file that the run writes.
func predicted(_ run: InferenceRun) throws -> [String] {
  let sink = Collected()
  try run.write(to: sink) { _, _ in }
  return sink.lines
}
