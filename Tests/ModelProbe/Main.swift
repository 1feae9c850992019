import Bytes
import Checkpoints
import Glibc
import Graphs
import Inference
import Training

/// Builds models as the library does, for scripts that let TensorFlow judge the result:
///
///     model-probe export LINEAGE MODEL CHECKPOINT FRAMES SIZES CLASSES ROUNDS FOLDER FLAG=VALUE…
///     model-probe train MODEL OUT.meta KEY=VALUE…
///     model-probe steps MODEL CHECKPOINT BATCHES.npz OUT steps=NUMBER KEY=VALUE…
///     model-probe batches seed=NUMBER steps=NUMBER KEY=VALUE… FILE…
///
/// FRAMES is 0 for models of whole videos, SIZES as in `1024,128`; a flag may be given several times. What KEY may be,
/// ``Settings`` says.
@main enum Main {
  static func main() {
    do {
      let words = Array(CommandLine.arguments.dropFirst(2))
      switch CommandLine.arguments.dropFirst().first {
      case "export": try export(words)
      case "train": try writeTrainingGraph(words)
      case "steps": try makeSteps(words)
      case "batches": try writeBatches(words)
      default: throw KernelError(.usage, "", "neither export, train, steps nor batches")
      }
    } catch {
      let line = Array("model-probe: \(error)\n".utf8)
      _ = Glibc.write(2, line, line.count)
      exit(65)
    }
  }

  private static func export(_ arguments: [String]) throws {
    guard arguments.count >= 8, let lineage = Lineage(rawValue: arguments[0]), let frames = Int(arguments[3]),
      let classCount = Int(arguments[5]), let rounds = Int(arguments[6])
    else { throw KernelError(.usage, "", "too few arguments") }
    var flags = Hyperparameters(lineage)
    var words: [String: [String]] = [:]
    for argument in arguments.dropFirst(8) {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      words[parts[0], default: []] += parts.dropFirst()
    }
    for (name, words) in words { try flags.set(name, words) }
    let model = try Zoo.model(named: arguments[1])
    let videos = VideoShape(
      featureSizes: arguments[4].split(separator: ",").compactMap { Int($0) },
      frameLimit: frames > 0 ? frames : nil, classCount: classCount)
    let graph = try InferenceGraph(model, flags, videos, rounds: rounds)
    let modelFlags = try ModelFlags(
      source: "the command line", model: model.name, names: "rgb,audio", sizes: arguments[4],
      level: frames > 0 ? .frame : .video, labelLoss: "CrossEntropyLoss")
    try ModelExport(graph, modelFlags, flags, values: openCheckpoint(arguments[2]))
      .write(to: arguments[7], existing: .refuse, Workers(1))
  }
}
