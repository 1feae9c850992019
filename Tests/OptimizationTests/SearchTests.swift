import Bytes
import Glibc
import Synchronization
import Testing

@testable import Optimization

@Suite struct SearchTests {
  private func search(
    _ space: SearchSpace, _ method: SearchMethod, _ iterations: Int, seed: UInt32 = 3
  ) throws -> Search {
    try Search(space, SearchOptions(method, iterations: iterations, seed: seed))
  }

  @Test func findsTheTopOfBranin() throws {
    #expect(try search(Branin.space, .bayes, 50).run(Branin.objective).best.target > Branin.maximum - 1e-3)
    #expect(try search(Branin.space, .sbplx, 200).run(Branin.objective).best.target > Branin.maximum - 1e-6)
    #expect(try search(Branin.space, .coordinate, 400).run(Branin.objective).best.target > Branin.maximum - 1e-6)
    #expect(try search(Branin.space, .random, 400).run(Branin.objective).best.target > Branin.maximum - 0.5)
  }

  @Test(arguments: [
    (SearchMethod.bayes, 60, 1e-3), (.sbplx, 400, 1e-6), (.coordinate, 600, 1e-5), (.random, 600, 0.1),
  ])
  func findsTheTopOfTheHill(_ method: SearchMethod, _ iterations: Int, _ tolerance: Double) throws {
    let best = try search(Hill.space, method, iterations).run(Hill.objective).best
    #expect(best.target > 1 - tolerance)
    #expect(isClose(best.point, Hill.weights + [Hill.tunable], 10 * tolerance.squareRoot()))
  }

  /// Caruana's selection over tenths finds tenths: 5, 3 and 2 of the first 10 choices.
  @Test func greedyCountsChoices() throws {
    let space = try SearchSpace(weights: ["a", "b", "c", "d"])
    let objective: Objective = { point in -zip(point, Hill.weights).reduce(0) { $0 + abs($1.0 - $1.1) } }
    let found = try search(space, .greedy, 60).run(objective)
    #expect(isClose(found.best.point, Hill.weights, 1e-12))
  }

  @Test(arguments: SearchMethod.allCases, [7, 33])
  func makesExactlyAsManyEvaluationsAsAllowed(_ method: SearchMethod, _ iterations: Int) throws {
    let count = Mutex(0)
    let found = try search(Hill.space, method, iterations).run { point in
      count.withLock { $0 += 1 }
      return try Hill.objective(point)
    }
    #expect(count.withLock { $0 } == iterations)
    #expect(found.evaluations.count == iterations)
    #expect(found.ending == .complete)
  }

  @Test(arguments: SearchMethod.allCases)
  func isDeterminedBySeed(_ method: SearchMethod) throws {
    let first = try search(Hill.space, method, 25, seed: 5).run(Hill.objective).evaluations.map(\.point)
    let second = try search(Hill.space, method, 25, seed: 5).run(Hill.objective).evaluations.map(\.point)
    #expect(first == second)
    if [.bayes, .random].contains(method) {
      #expect(try search(Hill.space, method, 25, seed: 6).run(Hill.objective).evaluations.map(\.point) != first)
    }
  }

  /// Even of a function that is best at one model, or at equal weights.
  @Test(arguments: SearchMethod.allCases)
  func isNeverWorseThanOneModelOrEqualWeights(_ method: SearchMethod) throws {
    let space = try SearchSpace(weights: ["a", "b", "c"])
    let single = try search(space, method, 5).run { $0[1] == 1 ? 1 : $0[1] / 10 }
    #expect(single.best.point == [0, 1, 0])
    let equal = try search(space, method, 5).run { point in -point.map { abs($0 - 1.0 / 3) }.reduce(0, +) }
    #expect(equal.best.point == [Double](repeating: 1.0 / 3, count: 3))
  }

  @Test(arguments: SearchMethod.allCases)
  func staysInTheSpace(_ method: SearchMethod) throws {
    let found = try search(Hill.space, method, 25).run(Hill.objective)
    let space = try Hill.space
    #expect(found.evaluations.allSatisfy { space.fault(of: $0.point) == nil })
    let box = try SearchSpace(
      weights: ["a", "b"], bounds: [0...200, 10...100], tunables: [.init("w0", in: 0...10)])
    let boxed = try search(box, method, 25).run { -abs($0[0] - 20) - abs($0[1] - 50) - abs($0[2] - 6) }
    #expect(boxed.evaluations.allSatisfy { box.fault(of: $0.point) == nil })
    #expect(boxed.evaluations[0].point == [100, 100, 5], "equal weights, as large as bounds allow")
    #expect(boxed.evaluations[1].point == [200, 10, 5], "the first model alone, as far as bounds allow")
  }

  @Test(arguments: SearchMethod.allCases)
  func resumedIsAsIfNeverInterrupted(_ method: SearchMethod) throws {
    let search = try search(Hill.space, method, 30)
    let whole = try search.run(Hill.objective).evaluations
    for cut in [6, 21, 30] {
      let asked = Mutex(0)
      let resumed = try search.run(
        { point in
          asked.withLock { $0 += 1 }
          return try Hill.objective(point)
        }, known: Array(whole[..<cut]))
      #expect(resumed.evaluations.map(\.point) == whole.map(\.point))
      #expect(asked.withLock { $0 } == 30 - cut)
    }
  }

  @Test func foreignEvaluationsCountAndHelp() throws {
    let top = Evaluation(point: Hill.weights + [Hill.tunable], target: 1, elapsed: 7)
    let found = try search(Hill.space, .bayes, 20).run(Hill.objective, known: [top])
    #expect(found.best.point == top.point)
    #expect(found.evaluations.count == 20)
    #expect(found.evaluations[1].elapsed >= 7)
  }

  @Test func batchesAreDifferentPoints() throws {
    var options = SearchOptions(.bayes, iterations: 40, seed: 2)
    options.batch = 4
    let found = try Search(Hill.space, options).run(Hill.objective)
    #expect(Set(found.evaluations.map(\.point)).count == 40)
    #expect(found.best.target > 1 - 1e-2)
  }

  @Test func theConfidenceBoundFindsTheTopToo() throws {
    var options = SearchOptions(.bayes, iterations: 50, seed: 2)
    options.acquisition = .upperConfidenceBound()
    #expect(try Search(Branin.space, options).run(Branin.objective).best.target > Branin.maximum - 1e-2)
  }

  @Test func theObserverSeesAllAndStops() throws {
    var seen: [Int] = []
    let found = try search(Hill.space, .bayes, 40).run(Hill.objective) { progress in
      seen.append(progress.count)
      #expect(progress.limit == 40)
      #expect(progress.best.target >= progress.latest.target)
      return progress.count == 15 ? .stop : .proceed
    }
    #expect(seen == Array(1...15))
    #expect(found.ending == .stopped)
    #expect(found.best.target == found.evaluations.map(\.target).max())
  }

  @Test(arguments: SearchMethod.allCases)
  func oneModelIsAllThereIs(_ method: SearchMethod) throws {
    let found = try search(SearchSpace(weights: ["only"]), method, 20).run { $0[0] }
    #expect(found.evaluations.map(\.point) == [[1]])
    #expect(found.ending == .exhausted)
    let fixed = try SearchSpace(weights: ["only"], tunables: [.init("P", in: 2...2)])
    #expect(try search(fixed, method, 20).run { $0[1] }.evaluations.map(\.point) == [[1, 2]])
  }

  @Test func initialPointsAreTried() throws {
    var options = SearchOptions(.random, iterations: 8)
    options.initial = [[0.1, 0.2, 0.3, 0.4, 9]]
    let found = try Search(Hill.space, options).run(Hill.objective)
    #expect(found.evaluations[5].point == options.initial[0])
  }

  @Test func errorsOfTheObjectiveComeThrough() throws {
    struct Odd: Error {}
    for method in SearchMethod.allCases {
      let calls = Mutex(0)
      #expect(throws: Odd.self) {
        try search(Hill.space, method, 30).run { _ in
          let count = calls.withLock {
            $0 += 1; return $0
          }
          if count == 24 { throw Odd() }
          return Double(count)
        }
      }
    }
    let nan = KernelError(.badData, "", "the objective is nan at a = 0.5, b = 0.5")
    #expect(throws: nan) {
      try search(SearchSpace(weights: ["a", "b"]), .bayes, 50).run { _ in .nan }
    }
  }
}
