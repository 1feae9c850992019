import Bytes
import Checkpoints
import Execution
import Inference
import Records

/// A training in its folder, about to begin or to go on: the model with its values, and the records from where they
/// were left.
package struct TrainingRun {
  package let session: TrainingSession
  package let input: TrainingInput
  /// What checkpoints are to remember.
  package let state: TrainingState
  /// The step it goes on from; `nil` when it begins.
  package let resumedStep: Int?
  /// What the user should know: what is not as it was.
  package let notes: [String]

  /// Begins the training that `plan` describes, or goes on with the newest checkpoint in the folder.
  ///
  /// - Parameters:
  ///   - startsAnew: removes a training that is there, once all that the new one needs is known to fit.
  ///   - source: a checkpoint whose weights are taken to begin with, as averages too.
  ///   - readers: the threads that decode records.
  /// - Throws: ``KernelError`` `.usage` when the training there is of another model, `.badData` for a checkpoint that
  ///   does not fit, and what reading records throws.
  package static func open(
    _ plan: TrainingPlan, in folder: TrainingFolder, startsAnew: Bool = false, averagesFrom source: String? = nil,
    readers: Workers, workers: Workers
  ) throws -> TrainingRun {
    do {
      if !startsAnew, let step = try folder.steps.last {
        return try resume(plan, in: folder, after: step, readers, workers)
      }
      return try begin(plan, in: folder, startsAnew: startsAnew, averagesFrom: source, readers, workers)
    } catch {
      folder.removeIfMade()
      throw error
    }
  }

  private static func begin(
    _ plan: TrainingPlan, in folder: TrainingFolder, startsAnew: Bool, averagesFrom source: String?,
    _ readers: Workers, _ workers: Workers
  ) throws -> TrainingRun {
    let graph = try TrainingGraph(plan.model, plan.flags, plan.videos, plan.recipe, seed: plan.seed)
    // What is wrong with the records should be known before anything is written.
    let input = try TrainingInput(plan.input, readers: readers)
    try input.readFirst()
    let session =
      try source.map { try TrainingSession(graph, averagesFrom: openCheckpoint($0), workers: workers) }
      ?? TrainingSession(graph, workers: workers)
    var state = plan.state
    state.input = try plan.input.identity
    if startsAnew { try folder.clear() }
    try writeFlags(plan, in: folder)
    return TrainingRun(session: session, input: input, state: state, resumedStep: nil, notes: [])
  }

  private static func resume(
    _ plan: TrainingPlan, in folder: TrainingFolder, after step: Int, _ readers: Workers, _ workers: Workers
  ) throws -> TrainingRun {
    let prefix = folder.prefix(step)
    let kept = try TrainingState(of: prefix)
    var plan = plan
    var notes: [String] = []
    if let kept {
      // A run with averages keeps them, whether it is told again or not.
      if plan.averageHalflife == nil, let halflife = kept.model.first(where: { $0.name == "ema_halflife" }) {
        plan.averageHalflife = Double(halflife.value)
      }
      if let form = kept.model.first(where: { $0.name == "ema_form" }).flatMap({ AverageForm(rawValue: $0.value) })
      {
        plan.averageForm = form
      }
      try check(plan.state, against: kept, prefix)
      notes = TrainingState.differences(plan.state.training, kept.training).map {
        "\(prefix): --\($0.name) was \($0.other) before and is \($0.mine) from here on"
      }
    } else {
      notes.append("\(prefix): does not tell where in the records it was; they begin anew")
    }
    var state = plan.state
    state.input = try plan.input.identity
    var place: InputPlace?
    if let kept, kept.input == state.input {
      place = try reporting(TrainingState.path(of: prefix), at: 0) {
        try kept.place(fileCount: plan.input.files.count)
      }
      if let place { state.keep(place) }
    } else if kept != nil {
      notes.append("\(prefix): the records or their order are not as before; they begin anew")
    }
    let input = try TrainingInput(plan.input, at: place, readers: readers)
    let graph = try TrainingGraph(plan.model, plan.flags, plan.videos, plan.recipe, seed: plan.seed)
    let session = try restored(graph, prefix, before: try folder.steps.dropLast().last, workers)
    if let kept { session.randomPositions = kept.randomPositions }
    try writeFlags(plan, in: folder)
    return TrainingRun(session: session, input: input, state: state, resumedStep: step, notes: notes)
  }

  private static func restored(
    _ graph: TrainingGraph, _ prefix: String, before: Int?, _ workers: Workers
  ) throws -> TrainingSession {
    do { return try TrainingSession(graph, restoring: openCheckpoint(prefix), workers: workers) } catch var error
      as KernelError
    {
      if let before, error.hint == nil || error.kind == .noInput {
        error.hint = "remove \(prefix).index to go on after step \(before)"
      }
      throw error
    }
  }

  private static func check(_ state: TrainingState, against kept: TrainingState, _ prefix: String) throws {
    let differences = TrainingState.differences(state.model, kept.model)
    guard !differences.isEmpty else { return }
    let text = differences.map { "--\($0.name) is \($0.mine), but it was begun with \($0.other)" }
    throw KernelError(
      .usage, prefix, text.joined(separator: "; "),
      hint: "repeat the options it was begun with, or begin anew with --start-new-model or in another --train-dir")
  }

  /// Writes what tells the model, or checks that what is there tells the same.
  private static func writeFlags(_ plan: TrainingPlan, in folder: TrainingFolder) throws {
    let path = Path.join(folder.path, ModelFlags.fileName)
    if FileStatus.exists(path) {
      let there = try ModelFlags(reading: path)
      guard there.describesSame(as: plan.modelFlags) else {
        throw KernelError(
          .usage, path,
          "describes another model than the options: \(there.summary), not \(plan.modelFlags.summary)",
          hint: "repeat the options it was begun with, or choose another --train-dir")
      }
    } else {
      try AtomicFile.write(plan.modelFlags.json, to: path, existing: .refuse)
    }
    try AtomicFile.write(plan.flags.json, to: Path.join(folder.path, Hyperparameters.fileName), existing: .replace)
  }
}
