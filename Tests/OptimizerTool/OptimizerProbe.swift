import ArgumentParser
import Bytes
import Glibc
import Optimization
import Terminal

/// Runs the searches on functions that other optimizers can compute too, so that they can be compared.
@main enum Main {
  static func main() { Program.main(OptimizerProbe.self) }
}

struct OptimizerProbe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "optimizer-probe", abstract: "Compares searches on known functions.",
    version: Program.versionLine("optimizer-probe"), subcommands: [Run.self, Value.self, Overhead.self])
}

extension Function: ExpressibleByArgument {}
extension SearchMethod: ExpressibleByArgument {}

/// Prints the best value that each of the seeds 0, 1, … leads to.
struct Run: ParsableCommand {
  @Option var function: Function
  @Option var method = SearchMethod.bayes
  @Option var iterations = 50
  @Option var seeds = 1

  func run() throws {
    let json = JSONWriter(StandardOutput.shared)
    let objective = function.objective()
    try json.object {
      try json.array("best", inline: true) {
        for seed in 0..<seeds {
          let search = try Search(
            function.space(), SearchOptions(method, iterations: iterations, seed: UInt32(seed)))
          try json.value(search.run(objective).best.target)
        }
      }
    }
  }
}

/// Prints the value at a point, to see that both sides compute the same function.
struct Value: ParsableCommand {
  @Option var function: Function
  @Argument var point: [Double]

  func run() throws { try StandardOutput.shared.line("\(function.objective()(point))") }
}

/// Prints the milliseconds per iteration that a search itself takes in ten dimensions.
struct Overhead: ParsableCommand {
  /// How many iterations there were before those that are measured.
  @Option var observations = 1000
  @Option var measured = 100

  func run() throws {
    let space = try SearchSpace(weights: (0..<9).map { "w\($0)" }, tunables: [.init("place", in: 0...10)])
    // Sbplx begins after three quarters of the iterations, and costs nothing.
    let iterations = (observations + measured) * 4 / 3 + 2
    let search = try Search(space, SearchOptions(.bayes, iterations: iterations, seed: 1))
    var times: [Double] = []
    _ = try search.run({ point in
      -point.enumerated().reduce(0) { $0 + pow($1.element - Double($1.offset) / 45, 2) }
    }) { progress in
      times.append(progress.latest.elapsed)
      return progress.count > observations + measured ? .stop : .proceed
    }
    let perIteration = (times[observations + measured] - times[observations]) / Double(measured)
    try StandardOutput.shared.line("\(rounded(1000 * perIteration)) ms")
  }
}
