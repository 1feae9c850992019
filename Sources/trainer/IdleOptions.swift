import ArgumentParser
import Terminal
import Training

/// Options of the references that nothing looks at, which published command lines have.
struct IdleOptions: ParsableArguments {
  @Option(help: .hidden) var numGpu: String?
  @Option(help: .hidden) var exportModelSteps: String?
  @Flag(inversion: .prefixedNo, help: .hidden) var logDevicePlacement: Bool?
  @Option(help: .hidden) var dbofVarFeatures: String?
  @Option(help: .hidden) var netvladDimred: String?
  @Option(help: .hidden) var gatednetvladDimred: String?
  @Option(help: .hidden) var hiddenSize: String?
  @Option(help: .hidden) var netvladHiddenSizeVideo: String?
  @Option(help: .hidden) var netvladHiddenSizeAudio: String?
  @Option(help: .hidden) var lstmCellsVideo: String?
  @Option(help: .hidden) var lstmCellsAudio: String?
  @Option(help: .hidden) var gruCellsVideo: String?
  @Option(help: .hidden) var gruCellsAudio: String?
  @Option(help: .hidden) var padSeqLength: String?
  @Option(help: .hidden) var l2Penalty: String?
  @Flag(inversion: .prefixedNo, help: .hidden) var poolLayer: Bool?

  /// Tells which of them were given in vain.
  func note(_ diagnostics: Diagnostics) {
    let given: [(name: String, isGiven: Bool)] = [
      ("num_gpu", (numGpu ?? "1") != "1"), ("export_model_steps", exportModelSteps != nil),
      ("log_device_placement", logDevicePlacement == true), ("dbof_var_features", dbofVarFeatures != nil),
      ("netvlad_dimred", netvladDimred != nil), ("gatednetvlad_dimred", gatednetvladDimred != nil),
      ("hidden_size", hiddenSize != nil), ("netvlad_hidden_size_video", netvladHiddenSizeVideo != nil),
      ("netvlad_hidden_size_audio", netvladHiddenSizeAudio != nil), ("lstm_cells_video", lstmCellsVideo != nil),
      ("lstm_cells_audio", lstmCellsAudio != nil), ("gru_cells_video", gruCellsVideo != nil),
      ("gru_cells_audio", gruCellsAudio != nil), ("pad_seq_length", padSeqLength != nil),
      ("l2_penalty", l2Penalty != nil),
      ("pool_layer", poolLayer == true),
    ]
    for option in given where option.isGiven {
      diagnostics.note("--\(option.name) is accepted for the sake of published command lines, and has no effect")
    }
  }
}
