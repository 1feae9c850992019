/// The choices that make a model, as the flags of the references name them (specs: miha2018 §8.0, willow_boliu §1.3,
/// tm_google §7.0).
///
/// What each means, takes and starts from is in ``ModelFlag/all``.
package struct Hyperparameters: Sendable, Equatable {
  package var lineage: Lineage

  // MARK: Frames
  package var iterations = 30
  package var sampleRandomFrames = true
  package var sampleAll = false
  package var frameShuffle = false

  // MARK: Classifier
  package var videoLevelClassifierModel = "MoeModel"
  package var moeNumMixtures = 2
  package var moeL2 = 1e-8
  package var moeLowRankGating = -1
  package var moeProbGating = false
  package var moeProbGatingInput = "prob"

  // MARK: Gating of the layer before the classifier
  package var gating = false
  package var gatingRemoveDiag = false

  // MARK: VLAD
  /// One for each model of an ensemble.
  package var netvladClusterSize = [64]
  package var netvladHiddenSize = [1024]
  package var netvladRelu = true
  package var netvladAddBatchNorm = true
  package var lightvlad = false
  package var vlagd = false

  // MARK: NeXtVLAD
  package var nextvladClusterSize = 112
  package var nextvladHiddenSize = 2048
  package var groups = 8
  package var expansion = 2
  package var gatingReduction = 8
  package var dropRate = 0.5
  package var mixNumber = 3
  package var clTemperature = 2.0
  package var clLambda = 1.0

  // MARK: Fisher vectors
  package var fvClusterSize = 64
  package var fvHiddenSize = 2048
  package var fvRelu = true
  package var fvCoupleWeights = true
  package var fvCouplingFactor = 0.01

  // MARK: Bags of frames
  package var dbofClusterSize = 8192
  package var dbofHiddenSize = 1024
  package var dbofRelu = true
  package var dbofAddBatchNorm = true
  package var dbofPoolingMethod = "max"
  package var dbofActivation = "relu"
  package var softdbofMaxpool = false
  package var fcDimred = true

  // MARK: Recurrent layers
  package var lstmCells = 1024
  package var lstmLayers = 2
  package var lstmRandomSequence = false
  package var lstmBackward = false
  package var gruCells = 1024
  package var gruLayers = 2
  package var gruRandomSequence = false
  package var gruBackward = false

  // MARK: Transformers
  package var bertHiddenLayer = 2
  package var bertAttentionHeads = 12
  package var bertIntermediateSize = 3072
  package var bertInitializerRange = 0.02
  package var bertDropoutProb = 0.1
  package var bertMaxPositionEmbeddings = 512
  package var usePosition = false
  package var bertPosition = false
  package var noSample = false
  package var poolingStrategy = "mean"

  // MARK: Several models in one graph
  package var ensembleNum = 1
  package var ensembleWts = [1.0]
  package var float16Flag = false

  /// The defaults of a lineage.
  package init(_ lineage: Lineage = .miha) {
    self.lineage = lineage
    if lineage != .miha {
      dbofClusterSize = 16384
      dbofHiddenSize = 2048
    }
    if lineage == .boliu || lineage == .tm { moeNumMixtures = 5 }
    if lineage == .tm { iterations = 5 }
  }
}
