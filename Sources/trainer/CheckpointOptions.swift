import ArgumentParser
import Bytes
import Training

/// When checkpoints are written, and which stay.
struct CheckpointOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Write a checkpoint every so many steps; 0 for never.", valueName: "n"))
  var saveCheckpointSteps = 0

  @Option(help: ArgumentHelp("Write a checkpoint every so many minutes; 0 for never.", valueName: "n"))
  var saveCheckpointMinutes = 15.0

  @Option(help: ArgumentHelp("How many of the newest checkpoints stay; 0 keeps all.", valueName: "n"))
  var keepLast = 0

  @Option(
    help: ArgumentHelp("Checkpoints whose step is a multiple of this stay in any case.", valueName: "n"))
  var keepEvery = 0

  func validate() throws {
    for (name, value) in [
      ("save-checkpoint-steps", saveCheckpointSteps), ("keep-last", keepLast), ("keep-every", keepEvery),
    ] where value < 0 {
      throw ValidationError("--\(name) must be 0 or more, not \(value)")
    }
    guard saveCheckpointMinutes >= 0 else {
      throw ValidationError("--save-checkpoint-minutes must be 0 or more, not \(saveCheckpointMinutes)")
    }
    if keepEvery > 0, keepLast == 0 { throw ValidationError("--keep-every goes with --keep-last") }
  }

  var schedule: SaveSchedule {
    var schedule = SaveSchedule()
    schedule.steps = saveCheckpointSteps
    schedule.minutes = saveCheckpointMinutes
    return schedule
  }

  func saver(_ workers: Workers) -> CheckpointSaver {
    var saver = CheckpointSaver(workers: workers)
    saver.keepLast = keepLast
    saver.keepEvery = keepEvery
    return saver
  }
}
