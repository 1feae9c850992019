import Bytes
import Execution
import Inference

/// Labelled videos for a step of training.
package struct TrainingBatch: Sendable {
  /// Their ids, features and numbers of frames, valid until the batch after the next one is read.
  package let videos: VideoBatch
  /// Whether a video has a class: booleans, `[videos, classes]`.
  package let labels: Tensor
  /// What a teacher predicts of them: `[videos, classes]`; `nil` unless it is to be distilled.
  package let teacher: Tensor?
  /// Where the input is after this batch.
  package let place: InputPlace
  /// How far the input has come, from 0 to 1; `nil` when it has no end.
  package let progress: Double?
  /// What was wrong with the records that were passed over since the batch before.
  package let problems: [KernelError]

  package var count: Int { videos.count }

  package init(
    videos: VideoBatch, labels: Tensor, teacher: Tensor? = nil, place: InputPlace = InputPlace(),
    progress: Double? = nil, problems: [KernelError] = []
  ) {
    self.videos = videos
    self.labels = labels
    self.teacher = teacher
    self.place = place
    self.progress = progress
    self.problems = problems
  }
}
