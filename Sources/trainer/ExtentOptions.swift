import ArgumentParser

/// What no file tells of a checkpoint that was not written by a training here.
struct ExtentOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How many classes there are (default: as the training had, else 3862, or 4716 of willow).", valueName: "n"))
  var numClasses: Int?

  @Option(
    help: ArgumentHelp(
      "Frames of a video that are looked at (default: as the training had, else 300).", valueName: "n"))
  var maxFrames: Int?

  func validate() throws {
    for (name, value) in [("num-classes", numClasses ?? 1), ("max-frames", maxFrames ?? 1)]
    where value < 1 || value > 1 << 20 {
      throw ValidationError("--\(name) must be 1 or more, not \(value)")
    }
  }
}
