import Bytes

extension ModelExport {
  /// What the 10th place's `eval.py` calls the model that it makes of a checkpoint: `inference_model_N` of step N,
  /// `inference_model_NAME` of an average, and of a filled ensemble its own name with the weights in it
  /// (specs: willow_boliu §4.5).
  ///
  /// - Parameters:
  ///   - prefix: the checkpoint.
  ///   - weights: of an ensemble's members.
  /// - Returns: `nil` for a model that was exported already.
  package static func name(for prefix: String, weights: [Double]) -> String? {
    let name = Path.name(of: prefix)
    if name.contains(baseName) {
      guard name.contains("ensemble") else { return nil }
      // Python's list of the numbers, without brackets, points and commas.
      let digits = weights.map { "\($0)".filter { $0 != "." } }.joined(separator: "_")
      return name.replacing("ensemble", with: "ensemble_" + digits)
    }
    if name.contains("avg") { return "\(baseName)_\(name)" }
    return "\(baseName)_\(name.split(separator: "-").last ?? "0")"
  }
}
