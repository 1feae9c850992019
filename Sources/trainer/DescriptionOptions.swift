import ArgumentParser
import Bytes
import Inference
import Terminal

/// What a model is besides its hyperparameters: for templates, of which no folder tells it. With a checkpoint it is only
/// compared with what its folder tells, as published command lines repeat it.
struct DescriptionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The model of a template, as NetVLADModelLF.", valueName: "name"))
  var model: String?

  @Option(help: ArgumentHelp("The features that a template takes, as rgb,audio.", valueName: "names"))
  var featureNames: String?

  @Option(help: ArgumentHelp("How many numbers each feature has, as 1024,128.", valueName: "sizes"))
  var featureSizes: String?

  @Flag(inversion: .prefixedNo, help: "The template takes frames, not means of them.")
  var frameFeatures: Bool?

  var stated: StatedModel {
    StatedModel(name: model, featureNames: featureNames, featureSizes: featureSizes, takesFrames: frameFeatures)
  }

  /// What `model_flags.json` is to tell of a template.
  ///
  /// - Throws: ``KernelError`` `.usage` when something is not said.
  var modelFlags: ModelFlags {
    get throws {
      guard let model, let featureNames, let featureSizes else {
        throw KernelError(
          .usage, "", "there is no checkpoint, and a template needs --model, --feature-names and --feature-sizes",
          hint: "for a checkpoint use --train-dir or --checkpoint")
      }
      return try ModelFlags(
        source: ModelFlags.commandLine, model: model, names: featureNames, sizes: featureSizes,
        level: frameFeatures == true ? .frame : .video, labelLoss: "CrossEntropyLoss")
    }
  }
}
