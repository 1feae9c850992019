extension ModelFlag {
  /// All hyperparameters, in the order in which they are listed and stored.
  package static let all: [ModelFlag] =
    frames + classifiers + clusters + residualClusters + bags + recurrent
    + transformers + ensembles

  /// The one of that name.
  package static func named(_ name: String) -> ModelFlag? { all.first { $0.name == name } }

  private static let sizes = 1...(1 << 20)
  private static let residual = ["NeXtVLADModel", "MixNeXtVladModel"]
  private static let attentive = ["Bert", "BertCross"]
  private static let sampling =
    ["DbofModel", "NetVLADModelLF", "NetFVModelLF", "SoftDbofModelLF", "GatedDbofModelLF", "DbofModelLF"] + residual
    + attentive
  private static let drawing = sampling + ["FrameLevelLogisticModel"]
  private static let softBags = ["SoftDbofModelLF", "GatedDbofModelLF"]
  private static let heads =
    sampling + ["LstmModel", "GruModel", "Lstmbidirect", "GRUbidirect", "GRUbidirect_branchedBN"]
  private static let mixtures = ["MoeModel"] + heads

  private static let frames: [ModelFlag] = [
    ModelFlag(
      "iterations", .integer(\.iterations, 1...65536),
      of: drawing + ["LstmModel", "GruModel"],
      "how many frames of a video are looked at"),
    ModelFlag(
      "sample_random_frames", .flag(\.sampleRandomFrames), of: drawing,
      "frames are drawn one by one, with repetition; else a run of successive frames is drawn"),
    ModelFlag(
      "sample_all", .flag(\.sampleAll), of: drawing,
      "all frames in order, then random ones in place of the padding; needs iterations to be the number of frames"),
    ModelFlag("frame_shuffle", .flag(\.frameShuffle), of: ["Lstmbidirect"], "frames come in random order"),
  ]

  private static let classifiers: [ModelFlag] = [
    ModelFlag(
      "video_level_classifier_model",
      .choice(\.videoLevelClassifierModel, ["MoeModel", "LogisticModel"]), of: heads,
      "what makes classes of a video's description"),
    ModelFlag(
      "moe_num_mixtures", .integer(\.moeNumMixtures, 1...1024), of: mixtures,
      "experts of each class, besides the one that always says no"),
    ModelFlag("moe_l2", .number(\.moeL2, 0...1e6), of: mixtures, "penalty of the weights of gates and experts"),
    ModelFlag(
      "moe_low_rank_gating", .integer(\.moeLowRankGating, -1...(1 << 20)), of: mixtures,
      "rank of the gates' weights, -1 for full"),
    ModelFlag(
      "moe_prob_gating", .flag(\.moeProbGating), of: mixtures, "probabilities are gated by all classes together"),
    ModelFlag(
      "moe_prob_gating_input", .choice(\.moeProbGatingInput, ["prob", "input"]), of: mixtures,
      "what the gates of probabilities see: the probabilities, or what the experts see"),
    ModelFlag(
      "gating", .flag(\.gating), of: ["NetVLADModelLF", "NetFVModelLF", "GRUbidirect", "GRUbidirect_branchedBN"],
      "gates the layer before the classifier by itself"),
    ModelFlag(
      "gating_remove_diag", .flag(\.gatingRemoveDiag), of: ["NetVLADModelLF"] + mixtures,
      "nothing gates itself, neither there nor among the probabilities"),
  ]

  private static let clusters: [ModelFlag] = [
    ModelFlag(
      "netvlad_cluster_size", .integers(\.netvladClusterSize, 2...(1 << 20)), of: ["NetVLADModelLF"],
      "clusters of the image; sound has half as many; once for each model of an ensemble"),
    ModelFlag(
      "netvlad_hidden_size", .integers(\.netvladHiddenSize, sizes), of: ["NetVLADModelLF"],
      "width of the layer before the classifier; once for each model of an ensemble"),
    ModelFlag(
      "netvlad_relu", .flag(\.netvladRelu), of: ["NetVLADModelLF"], "that layer is rectified, and normalized first"),
    ModelFlag(
      "netvlad_add_batch_norm", .flag(\.netvladAddBatchNorm), of: ["NetVLADModelLF", "NetFVModelLF"],
      "batch normalization; biases without it"),
    ModelFlag("lightvlad", .flag(\.lightvlad), of: ["NetVLADModelLF"], "sums of frames without centres (NetRVLAD)"),
    ModelFlag("vlagd", .flag(\.vlagd), of: ["NetVLADModelLF"], "sums of frames gated by learned weights"),
    ModelFlag(
      "fv_cluster_size", .integer(\.fvClusterSize, 2...(1 << 20)), of: ["NetFVModelLF"],
      "clusters of the image; sound has half as many"),
    ModelFlag(
      "fv_hidden_size", .integer(\.fvHiddenSize, sizes), of: ["NetFVModelLF"],
      "width of the layer before the classifier"),
    ModelFlag("fv_relu", .flag(\.fvRelu), of: ["NetFVModelLF"], "that layer is rectified, and normalized first"),
    ModelFlag(
      "fv_couple_weights", .flag(\.fvCoupleWeights), of: ["NetFVModelLF"],
      "the centres are the assignment's weights times a factor"),
    ModelFlag(
      "fv_coupling_factor", .number(\.fvCouplingFactor, -1e6...1e6), of: ["NetFVModelLF"], "that factor"),
  ]

  private static let residualClusters: [ModelFlag] = [
    ModelFlag(
      "nextvlad_cluster_size", .integer(\.nextvladClusterSize, 2...(1 << 20)), of: residual,
      "clusters of the image; sound has half as many"),
    ModelFlag(
      "nextvlad_hidden_size", .integer(\.nextvladHiddenSize, sizes), of: residual,
      "width of the layer before the classifier"),
    ModelFlag(
      "groups", .integer(\.groups, 2...65536), of: residual,
      "parts that a frame's image is cut into; sound is cut into half as many"),
    ModelFlag(
      "expansion", .integer(\.expansion, 1...1024), of: residual, "how many times as wide frames are made first"),
    ModelFlag(
      "gating_reduction", .integer(\.gatingReduction, 1...(1 << 20)), of: residual,
      "how many times as narrow the middle of the gates is"),
    ModelFlag(
      "drop_rate", .number(\.dropRate, 0...0.999), of: residual, "part of a video's clusters that training drops"),
    ModelFlag("mix_number", .integer(\.mixNumber, 1...256), of: ["MixNeXtVladModel"], "models that are mixed"),
    ModelFlag(
      "cl_temperature", .number(\.clTemperature, 1e-3...1e6), of: ["MixNeXtVladModel"],
      "by what activations are divided before they are compared with those of the mixture"),
    ModelFlag(
      "cl_lambda", .number(\.clLambda, 0...1e6), of: ["MixNeXtVladModel"],
      "penalty of what each model has other than the mixture"),
  ]

  private static let bags: [ModelFlag] = [
    ModelFlag(
      "dbof_cluster_size", .integer(\.dbofClusterSize, 1...(1 << 20)), of: ["DbofModel", "DbofModelLF"] + softBags,
      "clusters; of sound an eighth where it is apart"),
    ModelFlag(
      "dbof_hidden_size", .integer(\.dbofHiddenSize, sizes), of: ["DbofModel", "DbofModelLF"] + softBags,
      "width of the layer before the classifier"),
    ModelFlag(
      "dbof_relu", .flag(\.dbofRelu), of: ["DbofModelLF"] + softBags,
      "that layer is rectified, and normalized first"),
    ModelFlag(
      "dbof_add_batch_norm", .flag(\.dbofAddBatchNorm), of: ["DbofModel", "DbofModelLF"] + softBags,
      "batch normalization; biases without it"),
    ModelFlag(
      "dbof_pooling_method", .choice(\.dbofPoolingMethod, ["max", "average"]), of: ["DbofModel"],
      "how frames become a video"),
    ModelFlag(
      "dbof_activation", .choice(\.dbofActivation, ["relu", "sigmoid", "glu"]),
      of: ["DbofModel", "DbofModelLF"],
      "what activations become: rectified, sigmoids, or (DbofModelLF) one half of them gated by the other"),
    ModelFlag(
      "softdbof_maxpool", .flag(\.softdbofMaxpool), of: softBags,
      "the largest share of each cluster, besides its sum (sound only in GatedDbofModelLF)"),
    ModelFlag(
      "fc_dimred", .flag(\.fcDimred), of: ["DbofModelLF"] + softBags,
      "a layer between the clusters and the classifier"),
  ]

  private static let recurrent: [ModelFlag] = [
    ModelFlag(
      "lstm_cells", .integer(\.lstmCells, 2...65536), of: ["LstmModel", "Lstmbidirect", "GRUbidirect"],
      "cells of a layer; each direction of the first has half as many where there are two"),
    ModelFlag("lstm_layers", .integer(\.lstmLayers, 1...64), of: ["LstmModel"], "layers"),
    ModelFlag(
      "lstm_random_sequence", .flag(\.lstmRandomSequence), of: ["LstmModel"], "sees random frames (willow)"),
    ModelFlag("lstm_backward", .flag(\.lstmBackward), of: ["LstmModel"], "sees the last frame first (willow)"),
    ModelFlag("gru_cells", .integer(\.gruCells, 1...65536), of: ["GruModel"], "cells of a layer"),
    ModelFlag("gru_layers", .integer(\.gruLayers, 1...64), of: ["GruModel"], "layers"),
    ModelFlag("gru_random_sequence", .flag(\.gruRandomSequence), of: ["GruModel"], "sees random frames"),
    ModelFlag("gru_backward", .flag(\.gruBackward), of: ["GruModel"], "sees the last frame first"),
  ]

  private static let transformers: [ModelFlag] = [
    ModelFlag("bert_hidden_layer", .integer(\.bertHiddenLayer, 1...64), of: attentive, "layers"),
    ModelFlag(
      "bert_attention_heads", .integer(\.bertAttentionHeads, 1...4096), of: attentive,
      "parts that attend on their own; every feature's size must be a multiple of them"),
    ModelFlag(
      "bert_intermediate_size", .integer(\.bertIntermediateSize, sizes), of: attentive,
      "width of the middle of each layer"),
    ModelFlag(
      "bert_initializer_range", .number(\.bertInitializerRange, 0...1e3), of: attentive,
      "deviation of the first weights"),
    ModelFlag(
      "bert_dropout_prob", .number(\.bertDropoutProb, 0...0.999), of: attentive,
      "part of the attention and of what layers add that training drops"),
    ModelFlag(
      "bert_max_position_embeddings", .integer(\.bertMaxPositionEmbeddings, 1...(1 << 20)), of: attentive,
      "places that can be told apart"),
    ModelFlag("use_position", .flag(\.usePosition), of: attentive, "frames know their places; needs bert_position"),
    ModelFlag("bert_position", .flag(\.bertPosition), of: attentive, "places are learned: the only kind there is"),
    ModelFlag("no_sample", .flag(\.noSample), of: attentive, "training sees all frames too, as all else does"),
    ModelFlag(
      "pooling_strategy", .choice(\.poolingStrategy, ["mean", "first", "attn", "none"]), of: attentive,
      "how frames become a video: their mean, the last one (called first by the reference), by learned attention, or all "
        + "side by side"),
  ]

  private static let ensembles: [ModelFlag] = [
    ModelFlag(
      "ensemble_num", .integer(\.ensembleNum, 1...256), of: ["NetVLADModelLF"], "models in one graph (boliu)"),
    ModelFlag(
      "ensemble_wts", .numbers(\.ensembleWts, -1e6...1e6), of: ["NetVLADModelLF"],
      "weight of each of them, once for each (boliu)"),
    ModelFlag(
      "float16_flag", .flag(\.float16Flag), of: ["NetVLADModelLF"],
      "the large weights are stored as float16 (boliu)"),
  ]
}
