import Testing

@testable import Training

/// Names as `eval.py` of the 10th place gave them (specs: willow_boliu §4.5, run under TensorFlow 1.15).
@Suite struct ExportNameTests {
  @Test(arguments: [
    ("model.ckpt-20", "inference_model_20"), ("avg_c4h6_10_20.ckpt-0", "inference_model_avg_c4h6_10_20.ckpt-0"),
    ("inference_model_ensemble_AB-0", "inference_model_ensemble_06_04_AB-0"), ("inference_model_20", nil),
  ]) func isTheReferences(checkpoint: String, name: String?) {
    #expect(ModelExport.name(for: "ensemble/\(checkpoint)", weights: [0.6, 0.4]) == name)
  }
}
