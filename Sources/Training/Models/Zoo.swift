import Bytes

/// All models that can be trained.
package enum Zoo {
  package static let models: [any VideoModel] = [
    LogisticModel(), MoeModel(), FrameLevelLogisticModel(), DbofModel(), SoftDbofModelLF(), GatedDbofModelLF(),
    DbofModelLF(), NetVLADModelLF(), NetFVModelLF(), LstmModel(), GruModel(), Lstmbidirect(), GRUbidirect(),
    GRUbidirectBranchedBN(), AttentionFrames(), NeXtVLADModel(), MixNeXtVladModel(), Bert(), BertCross(),
  ]

  /// The model of that name.
  ///
  /// - Throws: ``KernelError`` `.usage` when there is none.
  package static func model(named name: String) throws -> any VideoModel {
    guard let model = models.first(where: { $0.name == name }) else {
      throw KernelError(
        .usage, "", "there is no model \(name.printable)",
        hint: "one of " + models.map(\.name).joined(separator: ", "))
    }
    return model
  }
}
