import Bytes
import Glibc
import Graphs
import Training

/// Writes the graph of a training run, for scripts that let TensorFlow judge it:
///
///     training-probe MODEL OUT.meta KEY=VALUE…
///
/// Keys are hyperparameters, and `features` (24,8), `frames` (0 for whole videos), `classes`, `lineage`, `loss`,
/// `teacher` (its weight in distillation), `optimizer`, `rate`, `decay`, `period`, `batch`, `clip`, `penalty`,
/// `average` (the part of a moving average that stays). Prints the names of what is fed, fetched and run, a line each.
@main enum Main {
  static func main() {
    do { try run(Array(CommandLine.arguments.dropFirst())) } catch {
      let line = Array("training-probe: \(error)\n".utf8)
      _ = Glibc.write(2, line, line.count)
      exit(65)
    }
  }

  private static func run(_ arguments: [String]) throws {
    guard arguments.count >= 2 else { throw KernelError(.usage, "", "training-probe MODEL OUT.meta KEY=VALUE…") }
    var settings = try Settings(arguments.dropFirst(2))
    let flags = try settings.hyperparameters()
    let graph = try TrainingGraph(
      Zoo.model(named: arguments[0]), flags, settings.videos, settings.recipe, seed: 7)
    try graph.meta.write(to: arguments[1], existing: .replace)
    let named = [
      ("features", graph.features), ("frameCounts", graph.frameCounts), ("labels", graph.labels),
      ("predictions", graph.predictions), ("loss", graph.loss), ("learningRate", graph.learningRate),
    ]
    for (name, endpoint) in named
      + [("teacher", graph.teacher), ("penalty", graph.penalty)].compactMap({ name, e in
        e.map { (name, $0) }
      })
    {
      print(name, endpoint.tensorName, separator: "\t")
    }
    print("step", graph.trainStep, separator: "\t")
    if let average = graph.averageStep { print("average", average, separator: "\t") }
    for name in graph.initializers { print("initializer", name, separator: "\t") }
    for (name, endpoint) in graph.gradients.sorted(by: { $0.key < $1.key }) {
      print("gradient", name, endpoint.tensorName, separator: "\t")
    }
  }
}
