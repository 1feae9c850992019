import Bytes
import Execution
import Glibc

/// Trains batch by batch: reports, writes events and checkpoints, ends in order.
///
/// Memory: what the step and the input take; when a checkpoint is written, the writer's.
package final class TrainingLoop {
  package struct Options: Sendable {
    /// Ends when there have been so many steps, those of earlier runs among them; `nil` for never.
    package var maxSteps: Int?
    package var schedule = SaveSchedule()
    /// Metrics and events come every so many steps.
    package var metricSteps = 10
    /// Whether the next batch is read while one is computed with.
    package var readsAhead = true

    package init() {}
  }

  /// Why a run ended.
  package enum Outcome: Sendable, Equatable {
    /// The input ended, or there have been the steps that were asked for.
    case done
    case interrupted
  }

  private let model: any TrainingStep
  private let folder: TrainingFolder
  private let saver: CheckpointSaver
  private let events: EventFile?
  private let options: Options
  private var state: TrainingState

  /// The step of the newest checkpoint, and when it was written.
  private var saved: (step: Int, seconds: Double)?
  private var began = (seconds: 0.0, step: 0, progress: 0.0)

  /// - Parameters:
  ///   - events: `nil` writes none.
  ///   - state: what checkpoints remember beside the model; the loop adds places.
  package init(
    _ model: any TrainingStep, in folder: TrainingFolder, _ saver: CheckpointSaver, events: EventFile?,
    _ state: TrainingState, _ options: Options
  ) {
    self.model = model
    self.folder = folder
    self.saver = saver
    self.events = events
    self.state = state
    self.options = options
  }

  /// Trains until the input ends, enough steps were made, or somebody interrupts; then the weights are saved, also
  /// when a record could not be read.
  ///
  /// - Parameters:
  ///   - isInterrupted: asked before each step.
  ///   - report: called after each step.
  ///   - warn: called with what is wrong with records that are passed over.
  /// - Throws: ``KernelError`` `.badData` when the loss of a step is not a finite number, whose weights are not saved;
  ///   and what reading, computing and writing throw.
  package func run(
    _ input: TrainingInput, isInterrupted: () -> Bool = { false }, report: (StepReport) -> Void,
    warn: (KernelError) -> Void = { _ in }
  ) throws -> Outcome {
    var step = try model.number()
    began = (TrainingLoop.now, step, 0)
    let known = try folder.steps
    if known.contains(step) { saved = (step, TrainingLoop.now) } else { try save(step) }
    var outcome = Outcome.done
    var isSound = true
    do {
      try input.forEachBatch(isOverlapped: options.readsAhead) { batch in
        batch.problems.forEach(warn)
        if let limit = options.maxSteps, step >= limit { return false }
        if isInterrupted() {
          outcome = .interrupted
          return false
        }
        isSound = false
        step = try train(batch, report)
        isSound = true
        return true
      }
    } catch {
      // What was wrong with a record is no reason to lose the steps before it.
      if isSound, saved?.step != step { try? save(step) }
      throw error
    }
    if saved?.step != step { try save(step) }
    return outcome
  }

  /// Makes a step.
  ///
  /// - Returns: its number.
  private func train(_ batch: TrainingBatch, _ report: (StepReport) -> Void) throws -> Int {
    let start = TrainingLoop.now
    let result = try model.step(batch)
    let end = TrainingLoop.now
    guard result.loss.isFinite else { throw TrainingLoop.notFinite(result, batch) }
    var told = StepReport(
      step: result.step, loss: result.loss, penalty: result.penalty, learningRate: result.learningRate,
      examplesPerSecond: Double(batch.count) / max(end - start, 1e-9))
    if result.step % max(1, options.metricSteps) == 0 {
      told.metrics = try result.predictions.withElements(Float.self) { scores in
        try StepReport.Metrics(batch, scores, saver.workers)
      }
      told.secondsLeft = secondsLeft(result.step, batch.progress)
      try events?.write(told.event, step: result.step)
    }
    report(told)
    state.keep(batch.place)
    if options.schedule.isDue(step: result.step, seconds: TrainingLoop.now - (saved?.seconds ?? 0)) {
      try save(result.step)
      try writeHistograms(batch, step: result.step)
    }
    return result.step
  }

  private func save(_ step: Int) throws {
    state.randomPositions = model.randomPositions
    try saver.save(model.values(), step: step, state, graph: model.encodedGraph, in: folder)
    saved = (step, TrainingLoop.now)
  }

  /// How weights and features are distributed.
  private func writeHistograms(_ batch: TrainingBatch, step: Int) throws {
    guard let events else { return }
    let shown = Set(model.trainedVariables)
    var event = SummaryEvent()
    for (name, value) in [("model/input_raw", batch.videos.features)]
      + (try model.values()).filter({ shown.contains($0.name) })
    where value.dtype == .float32 {
      event.add(name, try value.withElements(Float.self) { try ValueHistogram($0, saver.workers) })
    }
    try events.write(event, step: step)
  }

  /// By the steps or by the records that are left, whichever end first.
  private func secondsLeft(_ step: Int, _ progress: Double?) -> Double? {
    let elapsed = TrainingLoop.now - began.seconds
    var left: [Double] = []
    if let limit = options.maxSteps, step > began.step {
      left.append(elapsed * Double(max(0, limit - step)) / Double(step - began.step))
    }
    if let progress {
      // An earlier run's part tells nothing of how fast this one is.
      if began.progress == 0 { began.progress = max(progress, .leastNonzeroMagnitude) }
      if progress > began.progress { left.append(elapsed * (1 - progress) / (progress - began.progress)) }
    }
    return left.min()
  }

  private static func notFinite(_ result: TrainingSession.Result, _ batch: TrainingBatch) -> KernelError {
    let videos = batch.videos.members.map { String(decoding: $0.id.prefix(64), as: UTF8.self).printable }
    let named = videos.prefix(4).joined(separator: ", ") + (videos.count > 4 ? ", …" : "")
    return KernelError(
      .badData, batch.videos.members.first?.path ?? "",
      "the loss of step \(result.step) is \(result.loss); its batch of \(batch.count) videos is \(named)",
      hint: "the checkpoints before are sound; a smaller learning rate or clip_gradient_norm may help")
  }

  /// Seconds of a clock that nobody sets back.
  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
