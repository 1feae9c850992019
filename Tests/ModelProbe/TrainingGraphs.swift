import Bytes
import Graphs
import Training

extension Main {
  /// Writes the graph of a training run, and prints the names of what is fed, fetched and run, a line each.
  static func writeTrainingGraph(_ arguments: [String]) throws {
    guard arguments.count >= 2 else { throw KernelError(.usage, "", "too few arguments") }
    let settings = try Settings(arguments.dropFirst(2))
    let graph = try TrainingGraph(
      Zoo.model(named: arguments[0]), settings.hyperparameters(), settings.videos, settings.recipe, seed: 7)
    try graph.meta.write(to: arguments[1], existing: .replace)
    let ends = [
      ("features", graph.features), ("frameCounts", graph.frameCounts), ("labels", graph.labels),
      ("teacher", graph.teacher), ("predictions", graph.predictions), ("loss", graph.loss),
      ("penalty", graph.penalty), ("learningRate", graph.learningRate),
    ]
    for (name, endpoint) in ends { if let endpoint { print(name, endpoint.tensorName, separator: "\t") } }
    print("step", graph.trainStep, separator: "\t")
    if let average = graph.averageStep { print("average", average, separator: "\t") }
    for name in graph.initializers { print("initializer", name, separator: "\t") }
    for (name, endpoint) in graph.gradients.sorted(by: { $0.key < $1.key }) {
      print("gradient", name, endpoint.tensorName, separator: "\t")
    }
  }
}
