import Graphs
import Tensors

/// What it takes to compute some tensors of a graph from others: steps in an order that works, and where each value
/// is kept between them.
final class Plan: Sendable {
  /// A tensor that is fed or fetched, and where it is kept.
  struct Place: Sendable {
    let slot: Int
    let endpoint: Endpoint
  }

  /// The graph itself, without what is done ahead.
  let main: FramePlan
  /// Steps that are done once, or once for as long as no variable changes.
  let ahead: [Step]
  /// Whether they read variables.
  let aheadReadsVariables: Bool
  /// Whether running it changes variables.
  let changesVariables: Bool
  /// What the steps done ahead leave for the others.
  let kept: [Int]
  let feeds: [Place]
  let fetches: [Place]

  init(
    main: FramePlan, ahead: [Step], kept: [Int], feeds: [Place], fetches: [Place], changesVariables: Bool
  ) {
    self.main = main
    self.ahead = ahead
    self.changesVariables = changesVariables
    aheadReadsVariables = ahead.contains { $0.node.isVariable }
    self.kept = kept
    self.feeds = feeds
    self.fetches = fetches
  }
}

/// The steps of one frame: of the graph itself, or of a loop.
final class FramePlan: Sendable {
  let steps: [Step]
  /// How many values are kept.
  let slotCount: Int
  /// How many nodes are waited for by control inputs.
  let flagCount: Int

  init(steps: [Step], slotCount: Int, flagCount: Int) {
    self.steps = steps
    self.slotCount = slotCount
    self.flagCount = flagCount
  }
}

/// One node to be run, or one loop.
struct Step: Sendable {
  enum Work: Sendable {
    /// Of its inputs, the first `references` are variables themselves, not their values.
    case operation(BoundOperation, references: Int)
    /// Hands its input on.
    case pass
    case branch
    case merge
    case loop(LoopPlan)
  }

  struct Input: Sendable {
    let slot: Int
    /// Whether nobody needs the value after this step, so that its memory may be taken.
    var isLast = false
  }

  let node: Node
  let work: Work
  var inputs: [Input]
  /// Nodes that must have run.
  let controls: [Int]
  /// Where each output goes; `nil` when nobody needs it.
  let outputs: [Int?]
  /// What tells others that the node has run; `nil` when nobody waits for it.
  let flag: Int?
  /// The same for each `Exit` of a loop.
  var exitFlags: [Int?] = []
}

/// An operation with its attributes bound. It keeps nothing between calls, so threads may share it.
struct BoundOperation: @unchecked Sendable {
  let run: Operation
}

/// A loop: what goes in, round and out.
struct LoopPlan: Sendable {
  /// A value that goes round.
  struct Variable: Sendable {
    /// Where it comes in.
    let enter: Int
    /// Where the `Merge` puts it, and the number of the input that it came from.
    let merged: Int?
    let which: Int?
    /// Where the next round's value is at the end of one.
    let next: Int
  }

  let body: FramePlan
  /// Where each input of the step goes.
  let enters: [Int]
  let variables: [Variable]
  /// Where the value of each output of the step is when the loop ends.
  let exits: [Int]
  /// What tells that `Enter` and `Merge` have run, which they do in every round.
  let alwaysSet: [Int]
}
