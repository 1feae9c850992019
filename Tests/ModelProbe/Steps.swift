import Bytes
import Checkpoints
import Execution
import Tensors
import Training

extension Main {
  /// Trains from a checkpoint on the batches of an `.npz` file, from the first on again after the last, and writes a
  /// checkpoint. Prints the loss of each step.
  ///
  /// The arrays are `input_batch_raw` or `video_matrix`, `num_frames` (of models of frames), `labels` (bytes, or float32
  /// where 0 is no label) and, for distillation, `teacher_predictions`; their first extent is the number of batches.
  static func makeSteps(_ arguments: [String]) throws {
    guard arguments.count >= 4 else { throw KernelError(.usage, "", "too few arguments") }
    var settings = try Settings(arguments[4...])
    let count = try settings.takeCount("steps")
    let arrays = try openCheckpoint(arguments[2])
    let graph = try TrainingGraph(
      Zoo.model(named: arguments[0]), settings.hyperparameters(), settings.videos, settings.recipe, seed: 1)
    let session = try TrainingSession(graph, restoring: openCheckpoint(arguments[1]))
    let batches = try arrays.tensor("labels").shape.dimensions[0]
    for step in 0..<count {
      let result = try session.step(batch(step % max(1, batches), of: arrays, settings.videos))
      print("loss\t\(result.loss)")
    }
    let entries = try session.values().map { name, value in
      PlannedTensor(
        info: TensorInfo(
          name: TensorName(name), dtype: value.dtype, shape: value.shape, byteCount: value.view.count),
        content: .bytes(value.view), placement: .last)
    }
    try BundleWriter(OutputPlan(entries), to: arguments[3], existing: .refuse).write(Workers())
  }

  private static func batch(
    _ number: Int, of arrays: any TensorSource, _ videos: VideoShape
  ) throws -> TrainingSession.Batch {
    let labels = try arrays.tensor("labels").slice(number)
    let count = labels.shape.dimensions[0]
    guard let shape = Shape([count]), let ones = Tensor(Array(repeating: Int32(1), count: count), shape) else {
      throw KernelError(.badData, arrays.path, "has no labels of videos")
    }
    let marks =
      labels.dtype == .float32 ? ByteView(labels.array(of: Float.self).map { $0 > 0 ? 1 : 0 }) : labels.view
    return TrainingSession.Batch(
      features: try (try? arrays.tensor("video_matrix")).map { try $0.slice(number) }
        ?? arrays.tensor("input_batch_raw").slice(number),
      frameCounts: videos.frameLimit == nil ? ones : try arrays.tensor("num_frames").slice(number),
      labels: try Tensor(.bool, labels.shape, bytes: marks),
      teacher: try? arrays.tensor("teacher_predictions").slice(number))
  }
}

extension TensorSource {
  fileprivate func tensor(_ name: String) throws -> Tensor {
    guard let index = index(of: TensorName(name)) else { throw KernelError(.badData, path, "has no array \(name)") }
    return try Tensor(tensors[index].dtype, tensors[index].shape, bytes: try contents(of: index).bytes)
  }
}

extension Tensor {
  /// One of its outermost slices.
  fileprivate func slice(_ number: Int) throws -> Tensor {
    guard let shape = Shape(Array(shape.dimensions.dropFirst())), let size = shape.byteCount(of: dtype) else {
      throw KernelError(.badData, "", "\(self) has no slices")
    }
    return try Tensor(dtype, shape, bytes: view.subview(number * size..<(number + 1) * size))
  }
}
