import Bytes
import Execution
import Records
import Terminal
import Training

extension Main {
  /// Prints the batches that `trainer train` makes of record files, one after the other: features (float32), numbers of
  /// frames (int32) and labels (bytes), without anything between them.
  static func writeBatches(_ arguments: [String]) throws {
    var settings = try Settings(arguments.filter { $0.contains("=") }[...])
    let seed = try settings.takeCount("seed"), steps = try settings.takeCount("steps")
    let videos = settings.videos
    let names = videos.frameLimit == nil ? ["mean_rgb", "mean_audio"] : ["rgb", "audio"]
    guard videos.featureSizes.count == names.count else {
      throw KernelError(.usage, "", "features are those of rgb and audio")
    }
    let inputs = zip(names, videos.featureSizes).map { VideoSchema.Input($0, size: $1) }
    var schema = VideoSchema(level: videos.frameLimit == nil ? .video : .frame, inputs: inputs)
    schema.maxFrames = videos.frameLimit ?? schema.maxFrames
    var options = InputOptions(
      files: try FileArguments.expand(arguments.filter { !$0.contains("=") }), schema: schema,
      classCount: videos.classCount, batchSize: settings.recipe.batchSize, epochs: nil)
    options.seed = UInt64(seed)
    let input = try TrainingInput(options, readers: Workers())
    for _ in 0..<steps {
      guard let batch = try input.next(), let counts = batch.videos.frameCounts(as: .int32) else { break }
      for tensor in [batch.videos.features, counts, batch.labels] {
        try tensor.view.withUnsafeBytes { try StandardOutput.shared.write($0) }
      }
    }
    try StandardOutput.shared.flush()
  }
}
