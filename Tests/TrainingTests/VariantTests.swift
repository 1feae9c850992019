import Bytes
import Execution
import Graphs
import Tensors
import TestSupport
import Testing

@testable import Training

/// Every model with every choice that crashed in the references or that no fixture has (specs: miha2018 §11,
/// willow_boliu §6): it can be built, trained and run.
@Suite struct VariantTests {
  static let small = [
    "netvlad_cluster_size=6", "netvlad_hidden_size=10", "fv_cluster_size=4", "fv_hidden_size=10",
    "dbof_cluster_size=16", "dbof_hidden_size=10", "lstm_cells=6", "gru_cells=6", "iterations=5",
    "nextvlad_cluster_size=6", "nextvlad_hidden_size=8", "groups=4", "gating_reduction=4", "mix_number=2",
    "bert_attention_heads=4", "bert_intermediate_size=10",
  ]
  static let choices: [[String]] = [
    [], ["video_level_classifier_model=LogisticModel"],
    ["gating=true", "moe_prob_gating=true", "gating_remove_diag=true"],
    ["netvlad_add_batch_norm=false", "dbof_add_batch_norm=false", "gating=true"],
    ["netvlad_relu=false", "fv_relu=false", "dbof_relu=false", "moe_low_rank_gating=3"], ["vlagd=true"],
    ["lightvlad=true", "softdbof_maxpool=true", "fv_couple_weights=false"], ["sample_random_frames=false"],
    ["sample_all=true", "iterations=8", "frame_shuffle=true"], ["fc_dimred=false", "dbof_pooling_method=average"],
    ["dbof_activation=glu"], ["dbof_activation=sigmoid"],
    ["pooling_strategy=attn", "use_position=true", "bert_position=true"], ["pooling_strategy=first"],
    ["use_position=true", "bert_position=true", "bert_hidden_layer=3"],
    ["pooling_strategy=none", "no_sample=true"], ["pooling_strategy=none", "iterations=8"],
    ["bert_hidden_layer=1", "bert_dropout_prob=0"], ["drop_rate=0", "expansion=1", "cl_lambda=0"],
    ["lstm_random_sequence=true", "lstm_backward=true", "gru_random_sequence=true", "gru_backward=true"],
  ]
  static let videos = VideoShape(featureSizes: [12, 8], frameLimit: 8, classCount: 7)

  /// What some choices cannot do without.
  private func needs(_ model: String, _ choice: [String]) -> [String] {
    // An eighth of sixteen clusters cannot be halved, but a quarter of 32 can.
    if choice == ["dbof_activation=glu"] { return ["dbof_cluster_size=32"] }
    return model == "MixNeXtVladModel" ? ["video_level_classifier_model=LogisticModel"] : []
  }

  private func flags(_ lineage: Lineage, _ words: [String]) throws -> Hyperparameters {
    var flags = Hyperparameters(lineage)
    for word in VariantTests.small + words {
      let parts = word.split(separator: "=").map(String.init)
      try flags.set(parts[0], [parts[1]])
    }
    return flags
  }

  /// Each model with the choices that it looks at.
  static let cases = Zoo.models.flatMap { model in
    choices.filter { choice in
      choice.isEmpty
        || choice.contains { word in
          let name = String(word.prefix { $0 != "=" })
          return name != "iterations" && ModelFlag.named(name)?.models.contains(model.name) == true
        }
    }.filter { model.name != "DbofModel" || $0 != ["dbof_activation=glu"] }.map { (model.name, $0) }
  }

  @Test(arguments: cases) func canBeTrained(name: String, choice: [String]) throws {
    let model = try Zoo.model(named: name)
    let more = needs(name, choice)
    for lineage in choice.isEmpty ? Lineage.allCases : [.miha] {
      var videos = VariantTests.videos
      if !model.takesFrames { videos.frameLimit = nil }
      let graph = try TrainingGraph(model, flags(lineage, choice + more), videos, TrainingRecipe(), seed: 1)
      let trained = try graph.meta.variableDefinitions(in: "trainable_variables").map(\.node)
      #expect(Set(graph.gradients.keys) == Set(trained))
    }
  }

  @Test(arguments: cases) func predicts(name: String, choice: [String]) throws {
    let model = try Zoo.model(named: name)
    let more = needs(name, choice)
    var videos = VariantTests.videos
    if !model.takesFrames { videos.frameLimit = nil }
    let graph = try InferenceGraph(model, flags(.miha, choice + more), videos, seed: 3)
    let session = try Session(graph.meta, path: "built")
    _ = try session.run([], targets: graph.meta.variableDefinitions().map(\.initializer))
    let shape = try #require(Shape([3] + videos.dimensions.dropFirst()))
    var random = SplitMix(seed: 5)
    var numbers = (0..<shape.elementCount).map { _ in Float.random(in: -2...2, using: &random) }
    // The last video has no frames at all.
    if model.takesFrames { for place in (2 * 8 * 20)..<numbers.count { numbers[place] = 0 } }
    let three = try #require(Shape([3]))
    let counts = model.takesFrames ? Tensor([Int32(8), 3, 0], three) : Tensor([Float(1), 1, 1], three)
    let features = Tensor(numbers, shape)
    let feeds = try [graph.features: #require(features), graph.frameCounts: #require(counts)]
    let found = try session.run([graph.predictions], feeding: feeds)[0].array(of: Float.self)
    #expect(found.count == 21 && found.allSatisfy { $0 >= 0 && $0 <= 1 })
  }

  @Test(arguments: [
    ("NetVLADModelLF", ["netvlad_cluster_size=6", "ensemble_num=2"], "lineage boliu only"),
    ("DbofModelLF", ["dbof_cluster_size=7"], "--dbof_cluster_size is 7"),
    ("NetVLADModelLF", ["sample_all=true"], "--sample_all needs --iterations 8"),
    ("Lstmbidirect", ["lstm_cells=7"], "--lstm_cells is 7"),
    ("DbofModelLF", ["dbof_activation=glu", "dbof_cluster_size=8"], "even number of clusters"),
    ("DbofModel", ["dbof_activation=glu"], "is not for DbofModel"),
    ("MoeModel", ["moe_low_rank_gating=0"], "--moe_low_rank_gating is 0"),
    ("MixNeXtVladModel", [], "which a MoeModel does not have"),
    ("NeXtVLADModel", ["groups=5"], "24 features (12 times --expansion) cannot be cut into 5"),
    ("NeXtVLADModel", ["gating_reduction=9"], "--gating_reduction is 9"),
    ("Bert", ["bert_attention_heads=3"], "--bert_attention_heads is 3, which does not divide 20 features"),
    ("Bert", ["use_position=true"], "--use_position alone"),
    ("Bert", ["pooling_strategy=none"], "--pooling_strategy none needs --iterations 8"),
    (
      "Bert", ["use_position=true", "bert_position=true", "bert_max_position_embeddings=7"],
      "--bert_max_position_embeddings is 7, too few for 8 frames"
    ),
    (
      "NetVLADModelLF",
      ["moe_prob_gating=true", "moe_prob_gating_input=input", "gating_remove_diag=true", "netvlad_hidden_size=3"],
      "weights of 3 inputs have no diagonal of 7 classes"
    ),
  ])
  func saysWhatDoesNotFit(name: String, choice: [String], problem: String) throws {
    let model = try Zoo.model(named: name)
    var videos = VariantTests.videos
    if !model.takesFrames { videos.frameLimit = nil }
    let flags = try flags(.miha, choice)
    let error = #expect(throws: KernelError.self) { try InferenceGraph(model, flags, videos) }
    #expect(error?.kind == .usage && error?.problem.contains(problem) == true, "\(String(describing: error))")
  }

  @Test func ensemblesNeedAsManySizesAsModels() throws {
    var flags = try flags(.boliu, [])
    flags.ensembleNum = 2
    flags.netvladClusterSize = [6, 4]
    let error = #expect(throws: KernelError.self) {
      try InferenceGraph(NetVLADModelLF(), flags, VariantTests.videos)
    }
    #expect(error?.problem == "--netvlad_hidden_size is given 1 times for 2 models")
    #expect(throws: KernelError.self) { try Zoo.model(named: "NetVLAD") }
    let three = VideoShape(featureSizes: [4, 4, 4], frameLimit: 8, classCount: 7)
    let other = #expect(throws: KernelError.self) { try InferenceGraph(NetFVModelLF(), Hyperparameters(), three) }
    #expect(other?.kind == .usage)
  }
}
