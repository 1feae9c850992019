import ArgumentParser
import Bytes
import Training

/// The hyperparameters of the models, by the names of the references.
struct ModelFlagOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Whose models and defaults: miha (first of 2018), willow (first of 2017), boliu (tenth of 2018), tm (ninth of \
      2019). The variables of willow have no scope (default: tm for its own models, else miha).
      """, valueName: "name"))
  var lineage: String?

  @Option(help: .flag("iterations")) var iterations: String?
  @Flag(inversion: .prefixedNo, help: .flag("sample_random_frames")) var sampleRandomFrames: Bool?
  @Flag(inversion: .prefixedNo, help: .flag("sample_all")) var sampleAll: Bool?
  @Flag(inversion: .prefixedNo, help: .flag("frame_shuffle")) var frameShuffle: Bool?

  @Option(help: .flag("video_level_classifier_model")) var videoLevelClassifierModel: String?
  @Option(help: .flag("moe_num_mixtures")) var moeNumMixtures: String?
  @Option(help: .flag("moe_l2")) var moeL2: String?
  @Option(help: .flag("moe_low_rank_gating")) var moeLowRankGating: String?
  @Flag(inversion: .prefixedNo, help: .flag("moe_prob_gating")) var moeProbGating: Bool?
  @Option(help: .flag("moe_prob_gating_input")) var moeProbGatingInput: String?
  @Flag(inversion: .prefixedNo, help: .flag("gating")) var gating: Bool?
  @Flag(inversion: .prefixedNo, help: .flag("gating_remove_diag")) var gatingRemoveDiag: Bool?

  @Option(help: .flag("netvlad_cluster_size")) var netvladClusterSize: [String] = []
  @Option(help: .flag("netvlad_hidden_size")) var netvladHiddenSize: [String] = []
  @Flag(inversion: .prefixedNo, help: .flag("netvlad_relu")) var netvladRelu: Bool?
  @Flag(inversion: .prefixedNo, help: .flag("netvlad_add_batch_norm")) var netvladAddBatchNorm: Bool?
  @Flag(inversion: .prefixedNo, help: .flag("lightvlad")) var lightvlad: Bool?
  @Flag(inversion: .prefixedNo, help: .flag("vlagd")) var vlagd: Bool?
  @Option(help: .flag("nextvlad_cluster_size")) var nextvladClusterSize: String?
  @Option(help: .flag("nextvlad_hidden_size")) var nextvladHiddenSize: String?
  @Option(help: .flag("groups")) var groups: String?
  @Option(help: .flag("expansion")) var expansion: String?
  @Option(help: .flag("gating_reduction")) var gatingReduction: String?
  @Option(help: .flag("drop_rate")) var dropRate: String?
  @Option(help: .flag("mix_number")) var mixNumber: String?
  @Option(help: .flag("cl_temperature")) var clTemperature: String?
  @Option(help: .flag("cl_lambda")) var clLambda: String?
  @Option(help: .flag("fv_cluster_size")) var fvClusterSize: String?
  @Option(help: .flag("fv_hidden_size")) var fvHiddenSize: String?
  @Flag(inversion: .prefixedNo, help: .flag("fv_relu")) var fvRelu: Bool?
  @Flag(inversion: .prefixedNo, help: .flag("fv_couple_weights")) var fvCoupleWeights: Bool?
  @Option(help: .flag("fv_coupling_factor")) var fvCouplingFactor: String?

  @Option(help: .flag("dbof_cluster_size")) var dbofClusterSize: String?
  @Option(help: .flag("dbof_hidden_size")) var dbofHiddenSize: String?
  @Flag(inversion: .prefixedNo, help: .flag("dbof_relu")) var dbofRelu: Bool?
  @Flag(inversion: .prefixedNo, help: .flag("dbof_add_batch_norm")) var dbofAddBatchNorm: Bool?
  @Option(help: .flag("dbof_pooling_method")) var dbofPoolingMethod: String?
  @Option(help: .flag("dbof_activation")) var dbofActivation: String?
  @Flag(inversion: .prefixedNo, help: .flag("softdbof_maxpool")) var softdbofMaxpool: Bool?
  @Flag(inversion: .prefixedNo, help: .flag("fc_dimred")) var fcDimred: Bool?

  @Option(help: .flag("lstm_cells")) var lstmCells: String?
  @Option(help: .flag("lstm_layers")) var lstmLayers: String?
  @Flag(inversion: .prefixedNo, help: .flag("lstm_random_sequence")) var lstmRandomSequence: Bool?
  @Flag(inversion: .prefixedNo, help: .flag("lstm_backward")) var lstmBackward: Bool?
  @Option(help: .flag("gru_cells")) var gruCells: String?
  @Option(help: .flag("gru_layers")) var gruLayers: String?
  @Flag(inversion: .prefixedNo, help: .flag("gru_random_sequence")) var gruRandomSequence: Bool?
  @Flag(inversion: .prefixedNo, help: .flag("gru_backward")) var gruBackward: Bool?

  @Option(
    help: ArgumentHelp(
      "A bert_config.json, whose sizes of the middle, of the table of places, and first weights are taken.",
      valueName: "path"), completion: .file(extensions: ["json"]))
  var bertConfigFile: String?
  @Option(help: .flag("bert_hidden_layer")) var bertHiddenLayer: String?
  @Option(help: .flag("bert_attention_heads")) var bertAttentionHeads: String?
  @Option(help: .flag("bert_intermediate_size")) var bertIntermediateSize: String?
  @Option(help: .flag("bert_initializer_range")) var bertInitializerRange: String?
  @Option(help: .flag("bert_dropout_prob")) var bertDropoutProb: String?
  @Option(help: .flag("bert_max_position_embeddings")) var bertMaxPositionEmbeddings: String?
  @Flag(inversion: .prefixedNo, help: .flag("use_position")) var usePosition: Bool?
  @Flag(inversion: .prefixedNo, help: .flag("bert_position")) var bertPosition: Bool?
  @Flag(inversion: .prefixedNo, help: .flag("no_sample")) var noSample: Bool?
  @Option(help: .flag("pooling_strategy")) var poolingStrategy: String?

  @Option(help: .flag("ensemble_num")) var ensembleNum: String?
  @Option(help: .flag("ensemble_wts")) var ensembleWts: [String] = []
  @Flag(inversion: .prefixedNo, help: .flag("float16_flag")) var float16Flag: Bool?

  /// What was given, by the references' names.
  private var words: [(name: String, words: [String])] {
    let switches: [(String, Bool?)] = [
      ("sample_random_frames", sampleRandomFrames), ("sample_all", sampleAll), ("frame_shuffle", frameShuffle),
      ("moe_prob_gating", moeProbGating), ("gating", gating), ("gating_remove_diag", gatingRemoveDiag),
      ("netvlad_relu", netvladRelu), ("netvlad_add_batch_norm", netvladAddBatchNorm), ("lightvlad", lightvlad),
      ("vlagd", vlagd), ("fv_relu", fvRelu), ("fv_couple_weights", fvCoupleWeights), ("dbof_relu", dbofRelu),
      ("dbof_add_batch_norm", dbofAddBatchNorm), ("softdbof_maxpool", softdbofMaxpool), ("fc_dimred", fcDimred),
      ("lstm_random_sequence", lstmRandomSequence), ("lstm_backward", lstmBackward),
      ("gru_random_sequence", gruRandomSequence), ("gru_backward", gruBackward),
      ("use_position", usePosition), ("bert_position", bertPosition), ("no_sample", noSample),
      ("float16_flag", float16Flag),
    ]
    let values: [(String, String?)] = [
      ("iterations", iterations), ("video_level_classifier_model", videoLevelClassifierModel),
      ("moe_num_mixtures", moeNumMixtures), ("moe_l2", moeL2), ("moe_low_rank_gating", moeLowRankGating),
      ("moe_prob_gating_input", moeProbGatingInput), ("fv_cluster_size", fvClusterSize),
      ("fv_hidden_size", fvHiddenSize), ("fv_coupling_factor", fvCouplingFactor),
      ("dbof_cluster_size", dbofClusterSize), ("dbof_hidden_size", dbofHiddenSize),
      ("dbof_pooling_method", dbofPoolingMethod), ("dbof_activation", dbofActivation), ("lstm_cells", lstmCells),
      ("lstm_layers", lstmLayers), ("gru_cells", gruCells), ("gru_layers", gruLayers),
      ("nextvlad_cluster_size", nextvladClusterSize), ("nextvlad_hidden_size", nextvladHiddenSize),
      ("groups", groups), ("expansion", expansion), ("gating_reduction", gatingReduction), ("drop_rate", dropRate),
      ("mix_number", mixNumber), ("cl_temperature", clTemperature), ("cl_lambda", clLambda),
      ("bert_hidden_layer", bertHiddenLayer), ("bert_attention_heads", bertAttentionHeads),
      ("bert_intermediate_size", bertIntermediateSize), ("bert_initializer_range", bertInitializerRange),
      ("bert_dropout_prob", bertDropoutProb), ("bert_max_position_embeddings", bertMaxPositionEmbeddings),
      ("pooling_strategy", poolingStrategy),
      ("ensemble_num", ensembleNum),
    ]
    let lists: [(String, [String])] = [
      ("netvlad_cluster_size", netvladClusterSize), ("netvlad_hidden_size", netvladHiddenSize),
      ("ensemble_wts", ensembleWts),
    ]
    return switches.map { name, value in (name, value.map { [$0 ? "true" : "false"] } ?? []) }
      + values.map { name, value in (name, value.map { [$0] } ?? []) } + lists
  }

  /// The names of those that were given.
  var given: [String] { words.filter { !$0.words.isEmpty }.map(\.name) }

  /// The hyperparameters that `base` has, or the lineage's defaults, with what was given.
  ///
  /// - Parameter model: its usual lineage is taken when none is given.
  /// - Throws: ``KernelError`` `.usage` for a word that does not fit its flag; of the configuration file `.noInput` or
  ///   `.badData`.
  func hyperparameters(of model: any VideoModel, from base: Hyperparameters? = nil) throws -> Hyperparameters {
    var flags = base ?? Hyperparameters(model.usualLineage)
    if let name = lineage {
      guard let lineage = Lineage(rawValue: name) else {
        throw KernelError(
          .usage, "", "there is no lineage \(name.printable)",
          hint: "one of " + Lineage.allCases.map(\.rawValue).joined(separator: ", "))
      }
      if base?.lineage != lineage { flags = Hyperparameters(lineage) }
    }
    if let bertConfigFile, !bertConfigFile.isEmpty { try flags.read(bertConfiguration: bertConfigFile) }
    for (name, words) in words where !words.isEmpty { try flags.set(name, words) }
    return flags
  }
}

extension ArgumentHelp {
  /// What a hyperparameter is, from its declaration in the library.
  fileprivate static func flag(_ name: String) -> ArgumentHelp { ModelFlag.helps[name] ?? "" }
}

extension ModelFlag {
  /// By the flags' names; made once, because the parser asks for them again and again.
  fileprivate static let helps: [String: ArgumentHelp] = {
    let defaults = Lineage.allCases.map { ($0.rawValue, Hyperparameters($0)) }
    return Dictionary(
      uniqueKeysWithValues: all.map { flag in
        let text = flag.help.prefix(1).uppercased() + flag.help.dropFirst()
        let usual = flag.text(in: Hyperparameters())
        let others = defaults.filter { flag.text(in: $0.1) != usual }.map { "; \($0.0): \(flag.text(in: $0.1))" }
        let ending = flag.isSwitch ? "." : " (default: \(usual)\(others.joined()))."
        return (flag.name, ArgumentHelp(text + ending, valueName: flag.isSwitch ? nil : flag.valueName))
      })
  }()

  fileprivate var valueName: String {
    switch kind {
    case .flag: ""
    case .integer, .integers: "n"
    case .number, .numbers: "x"
    case .choice: "name"
    }
  }
}
