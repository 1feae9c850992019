import Bytes
import Foundation
import TestSupport
import Testing

@testable import Training

@Suite struct HyperparametersTests {
  @Test func lineagesHaveTheirOwnDefaults() {
    #expect(Hyperparameters(.miha).dbofClusterSize == 8192)
    #expect(Hyperparameters(.willow).dbofClusterSize == 16384)
    #expect(Hyperparameters(.boliu).moeNumMixtures == 5)
    #expect(
      Hyperparameters(.willow).differences(from: Hyperparameters(.boliu)).map(\.name) == [
        "lineage", "moe_num_mixtures",
      ])
  }

  @Test func readsTheSettingsOfBert() throws {
    var flags = Hyperparameters(.tm)
    #expect(flags.iterations == 5 && flags.moeNumMixtures == 5 && flags.bertIntermediateSize == 3072)
    try flags.read(bertConfiguration: fixture("zoo2019/bert_config_tiny.json"))
    #expect(flags.bertIntermediateSize == 40 && flags.bertMaxPositionEmbeddings == 16)
    #expect(flags.bertInitializerRange == 0.02)
    let folder = TemporaryFolder()
    for (text, problem) in [
      ("[]", "is not an object"), ("{\"hidden_act\":\"relu\"}", "wants the activation relu"),
      ("{\"intermediate_size\":\"40\"}", "\"intermediate_size\" is not a number"),
      ("{\"intermediate_size\":0}", "--bert_intermediate_size is '0'"), ("{", ""),
    ] {
      let path = folder.write(Array(text.utf8), "bert.json")
      let error = #expect(throws: KernelError.self) { try flags.read(bertConfiguration: path) }
      #expect(error?.kind == .badData && error?.source == path)
      #expect(problem.isEmpty || error?.problem.contains(problem) == true, "\(String(describing: error))")
    }
  }

  @Test func flagsAreNamedOnce() {
    let names = ModelFlag.all.map(\.name)
    #expect(Set(names).count == names.count)
    let models = Set(Zoo.models.map(\.name))
    #expect(ModelFlag.all.allSatisfy { !$0.models.isEmpty && models.isSuperset(of: $0.models) })
  }

  @Test func readsTheReferencesCommandLines() throws {
    var flags = Hyperparameters(.boliu)
    try flags.set("netvlad_cluster_size", ["24", "32"])
    try flags.set("ensemble_wts", ["0.6", ".4"])
    try flags.set("moe_l2", ["1e-6"])
    try flags.set("gating", ["True"])
    try flags.set("iterations", ["30", "300"])
    #expect(flags.netvladClusterSize == [24, 32] && flags.ensembleWts == [0.6, 0.4])
    #expect(flags.moeL2 == 1e-6 && flags.gating && flags.iterations == 300)
  }

  @Test(arguments: [
    ("iterations", "0", "--iterations is '0', but must be an integer from 1 to 65536"),
    ("moe_l2", "nan", "--moe_l2 is 'nan', but must be a number from 0.0 to 1000000.0"),
    ("gating", "yes", "--gating is 'yes', but must be true or false"),
    ("dbof_pooling_method", "none", "--dbof_pooling_method is 'none', but must be one of max, average"),
    ("netvlad_cluster_sise", "8", "there is no hyperparameter netvlad_cluster_sise"),
  ])
  func refusesWhatDoesNotFit(name: String, word: String, problem: String) throws {
    var flags = Hyperparameters()
    let error = #expect(throws: KernelError.self) { try flags.set(name, [word]) }
    #expect(error?.problem == problem && error?.kind == .usage)
  }

  @Test func survivesItsFile() throws {
    let folder = TemporaryFolder()
    var flags = Hyperparameters(.boliu)
    flags.netvladClusterSize = [24, 32]
    flags.ensembleWts = [0.1, 1e-7]
    flags.moeL2 = 1e-6
    flags.moeProbGatingInput = "input"
    let path = folder.path + "/" + Hyperparameters.fileName
    try Data(flags.json).write(to: URL(fileURLWithPath: path))
    #expect(try Hyperparameters(reading: path) == flags)
    // Any other reader of JSON agrees.
    let object = try #require(JSONSerialization.jsonObject(with: Data(flags.json)) as? [String: Any])
    #expect(object["netvlad_cluster_size"] as? [Int] == [24, 32] && object["moe_l2"] as? Double == 1e-6)
    #expect(object.count == ModelFlag.all.count + 1)
  }

  @Test func saysWhatIsWrongWithAFile() throws {
    let folder = TemporaryFolder()
    let path = folder.path + "/" + Hyperparameters.fileName
    for text in ["[]", "{}", "{\"lineage\":\"miha\",\"gating\":3}", "{\"lineage\":\"miha\",\"no_flag\":3}"] {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      let error = #expect(throws: KernelError.self) { try Hyperparameters(reading: path) }
      #expect(error?.kind == .badData && error?.source == path)
    }
  }

  @Test func comparesWhatAModelLooksAt() {
    var flags = Hyperparameters()
    flags.lstmCells = 512
    flags.moeL2 = 1e-6
    let differences = flags.differences(from: Hyperparameters(), for: "NetVLADModelLF")
    #expect(differences == [.init(name: "moe_l2", own: "1e-06", other: "1e-08")])
  }
}
