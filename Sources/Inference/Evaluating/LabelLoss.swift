import Glibc

/// How far predictions are from the labels, as training measured it: a sum over the classes of a video, of which the
/// mean over videos is the loss (specs: miha2018 §2.6).
package enum LabelLoss: String, Sendable, CaseIterable {
  case crossEntropy = "CrossEntropyLoss"
  case hinge = "HingeLoss"
  case softmax = "SoftmaxLoss"

  /// What keeps the logarithm finite.
  private static let epsilon: Float = 1e-5

  /// The loss of one video.
  ///
  /// - Parameters:
  ///   - scores: for each class.
  ///   - labels: its classes, each below the number of scores, none twice.
  package func callAsFunction(_ scores: UnsafeBufferPointer<Float>, _ labels: [Int32]) -> Double {
    switch self {
    case .crossEntropy:
      let wrong = scores.reduce(0.0) { $0 - log(Double(1 - $1 + LabelLoss.epsilon)) }
      return labels.reduce(wrong) { sum, label in
        let score = scores[Int(label)]
        return sum + log(Double(1 - score + LabelLoss.epsilon)) - log(Double(score + LabelLoss.epsilon))
      }
    case .hinge:
      let wrong = scores.reduce(0.0) { $0 + max(0, 1 + Double($1)) }
      return labels.reduce(wrong) { sum, label in
        let score = Double(scores[Int(label)])
        return sum - max(0, 1 + score) + max(0, 1 - score)
      }
    case .softmax:
      let most = scores.max() ?? 0
      let total = log(scores.reduce(0.0) { $0 + exp(Double($1 - most)) })
      let weight = 1 / Double(max(labels.count, 1))
      return labels.reduce(0.0) { $0 - weight * (Double(scores[Int($1)] - most) - total) }
    }
  }
}
