/// What a training run is made of besides the model and the data (specs: miha2018 §2.1, §2.7).
package struct TrainingRecipe: Sendable, Equatable {
  package var loss = TrainingLoss.crossEntropy
  package var optimizer = Optimizer.adam
  package var baseLearningRate: Float = 0.01
  /// The learning rate is multiplied by this each time another ``decayExamples`` examples have been seen.
  package var learningRateDecay: Float = 0.95
  package var decayExamples: Float = 4_000_000
  /// Lets the learning rate fall in equal parts to 0 after ``decayExamples`` steps instead, as the reference does with
  /// BERT's optimizer (specs: tm_google §2.4).
  package var fallsLinearly = false
  package var batchSize = 1024
  /// The largest Euclidean norm of a variable's gradient; 0 or less leaves gradients as they are.
  package var clipNorm: Float = 1
  /// The factor of the penalties of the weights.
  package var regularizationPenalty: Float = 1
  /// Where moving averages of all weights are kept, the part of them that stays at each step; else `nil`.
  package var averageDecay: Float?
  package var averageForm = AverageForm.sinceSource
  /// The scope of the model's variables: `tower` since 2018, none before.
  package var variableScope = "tower"
  /// What stands before the names of Adam's powers: `model/` in 2017.
  package var optimizerScope = ""

  package init() {}
}

/// What the videos are like.
package struct VideoShape: Sendable, Equatable {
  /// How many features of each stream a frame has, or a video: those of images first, then those of sound.
  package var featureSizes: [Int]
  /// The most frames of a video; `nil` for features of whole videos.
  package var frameLimit: Int?
  package var classCount: Int

  package init(featureSizes: [Int], frameLimit: Int?, classCount: Int) {
    self.featureSizes = featureSizes
    self.frameLimit = frameLimit
    self.classCount = classCount
  }
}
