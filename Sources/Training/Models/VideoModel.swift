import Bytes
import Graphs

/// One of the published models: it adds itself to a graph.
///
/// Its variables have the names, shapes, first values and penalties of the reference, so that checkpoints can be
/// exchanged.
package protocol VideoModel: Sendable {
  /// As `--model` names it.
  var name: String { get }
  /// Whether it takes frames; else it takes one vector a video.
  var takesFrames: Bool { get }
  /// Whose defaults it has when nobody says other ones.
  var usualLineage: Lineage { get }

  /// Adds the model.
  ///
  /// - Returns: the probability of each class, `[videos, classes]`.
  /// - Throws: ``KernelError`` `.usage` when the hyperparameters do not fit each other, `.badData` when the features do
  ///   not fit the model.
  func predictions(of videos: ModelInput, _ build: ModelBuilder) throws -> GraphTensor
}

extension VideoModel {
  package var usualLineage: Lineage { .miha }
}

/// The videos that a model sees.
package struct ModelInput {
  /// `[videos, frames, features]`, each frame of length 1, zeros after a video's last frame; or `[videos, features]`.
  package var features: GraphTensor
  /// How many of the features belong to each stream: those of images first, then those of sound.
  package var featureSizes: [Int]
  /// `[videos]`, int32; of videos without frames, ones.
  package var frameCounts: GraphTensor
  package var classCount: Int

  /// The sizes of image and sound, for models that treat them apart.
  ///
  /// - Throws: ``KernelError`` `.usage` when there are more or fewer features.
  func imageAndSound(for model: String) throws -> (image: Int, sound: Int) {
    guard featureSizes.count == 2 else {
      throw KernelError(
        .usage, "", "\(model) takes two features, of image and of sound, not \(featureSizes.count)",
        hint: "--feature_names rgb,audio --feature_sizes 1024,128")
    }
    return (featureSizes[0], featureSizes[1])
  }
}
