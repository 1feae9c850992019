import Graphs

/// The frames of image or sound alone.
struct Branch {
  /// `video` or `audio`.
  let name: String
  /// The feature's size.
  let width: Int
  /// `[videos, frames, width]`
  let normalized: GraphTensor
  /// The rectified layer over it, `[videos, frames, widening * width]`.
  let activations: GraphTensor
}

extension ModelBuilder {
  /// Image and sound, normalized over frames and padding, each with a layer `widening` times as wide.
  func branches(_ videos: ModelInput, for model: String, widening: Int) throws -> [Branch] {
    let sizes = try videos.imageAndSound(for: model)
    let parts = try graph.split(videos.features, [sizes.image, sizes.sound], axis: 2)
    let names = ["video", "audio"]
    let normalized = try zip(parts, names).map { try batchNorm($0, $1 + "_input_bn") }
    let layers = try normalized.map { try fullyConnected($0, widening * $0.width, hasBias: false) }
    return try names.indices.map { index in
      let name = names[index]
      let activations = try graph.relu6(batchNorm(layers[index], name + "_cluster_bn"))
      return Branch(
        name: name, width: parts[index].width, normalized: normalized[index], activations: activations)
    }
  }
}
