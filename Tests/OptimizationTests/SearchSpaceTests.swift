import Bytes
import Testing

@testable import Optimization

@Suite struct SearchSpaceTests {
  @Test(
    arguments: [
      ([], nil, [], "there is nothing to optimize"),
      (["a", "a"], nil, [], "a is to be optimized twice"),
      (["a", "b"], [0...1], [], "there are bounds for 1 weights and 2 models"),
      (["a"], [-1...1], [], "the weight of a cannot lie between -1.0 and 1.0"),
      (["a"], [0...0], [], "the weight of a cannot lie between 0.0 and 0.0"),
      (["a"], [0...(.infinity)], [], "the bounds of a are not finite: 0.0 and inf"),
      ([], nil, [.init("P", in: 0...1, initial: 2)], "P cannot begin at 2.0, outside 0.0 and 1.0"),
    ] as [([String], [ClosedRange<Double>]?, [SearchSpace.Tunable], String)])
  func nonsenseIsRefused(
    _ weights: [String], _ bounds: [ClosedRange<Double>]?, _ tunables: [SearchSpace.Tunable], _ problem: String
  ) {
    #expect(throws: KernelError(.usage, "", problem)) {
      try SearchSpace(weights: weights, bounds: bounds, tunables: tunables)
    }
  }

  @Test(
    arguments: [
      ([0.5, 0.5], "has 2 coordinates instead of 3"), ([0.5, 0.6, 1], "the weights sum to 1.1 instead of 1"),
      ([1.5, -0.5, 1], "the weight of b is negative"), ([0.5, 0.5, 3], "P is 3.0, outside its bounds 0.0...2.0"),
      ([0.5, .nan, 1], "b is nan"), ([0.25, 0.75, 2], nil),
    ] as [([Double], String?)])
  func pointsOutsideAreNoticed(_ point: [Double], _ fault: String?) throws {
    let space = try SearchSpace(weights: ["a", "b"], tunables: [.init("P", in: 0...2)])
    #expect(space.fault(of: point) == fault)
  }

  @Test func tooFewIterationsAreRefused() throws {
    let space = try SearchSpace(weights: ["a", "b", "c"])
    #expect(throws: KernelError.self) { try Search(space, SearchOptions(iterations: 3)) }
    _ = try Search(space, SearchOptions(iterations: 4))
  }

  /// The published log of the 2019 solution begins with these.
  @Test func randomStateGivesThePointsOfThePublishedLog() throws {
    let log = try SearchLog(Published.path)
    let found = try Published.space.randomStatePoints(seed: 7, count: 3)
    #expect(found == log.evaluations.prefix(3).map(\.point))
    var options = SearchOptions(.sbplx, iterations: 20)
    options.randomState = (7, 3)
    let run = try Search(Published.space, options).run { $0[0] }
    #expect(run.evaluations.prefix(3).map(\.point) == found)
  }

  /// numpy 2.4: `RandomState(7).uniform` for the sorted names w0, w1, w10, w2.
  @Test func namesAreSortedByBytes() throws {
    let bounds: [(String, ClosedRange<Double>)] = [
      ("w0", 0...10), ("w1", 10...100), ("w2", 10...100), ("w10", 1...2),
    ]
    let space = try SearchSpace(weights: [], tunables: bounds.map { .init($0, in: $1) })
    #expect(
      space.randomStatePoints(seed: 7, count: 1)
        == [[0.7630828937395717, 80.19269130161031, 75.11186600478472, 1.4384092314408936]])
  }

  @Test func theHeldOutFoldIsNotSearched() throws {
    let space = try SearchSpace(weights: ["a", "b"])
    let search = try Search(space, SearchOptions(.sbplx, iterations: 60))
    // On each fold another share of a is best, and on the others the mean of theirs.
    let (own, others) = ([0.0, 0.1, 0.2], [0.15, 0.1, 0.05])
    let estimate = try search.estimate(folds: 3) { part -> Objective in
      switch part {
      case .fold(let fold): { -abs($0[0] - own[fold]) }
      case .others(let fold): { -abs($0[0] - others[fold]) }
      }
    }
    let expected = [-0.15, 0, -0.15]
    #expect(isClose(estimate.folds.map(\.heldOut), expected, 1e-3))
    #expect(isClose(estimate.folds.map(\.equalWeights), [-0.5, -0.4, -0.3], 1e-12))
    #expect(isClose([estimate.heldOut, estimate.equalWeights], [-0.1, -0.4], 1e-3))
    #expect(estimate.searched > -1e-3)
    #expect(throws: KernelError.self) { try search.estimate(folds: 1) { _ in { $0[0] } } }
  }
}
