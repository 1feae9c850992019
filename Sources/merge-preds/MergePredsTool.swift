import ArgumentParser
import Terminal

/// The root of the command tree; each subcommand is a file beside this one.
struct MergePredsTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge-preds", abstract: "Merge, score, check and convert files of predictions.",
    discussion: """
      Predictions of videos are CSV files VideoId,LabelConfidencePairs or the JSON lines of Cloud batch prediction, \
      predictions of segments are CSV files Class,Segments. All may be gzipped; - is standard input.
      """,
    version: Program.versionLine("merge-preds"),
    subcommands: [
      Merge.self, Optimize.self, Report.self, Tta.self, Correlate.self, Score.self, Check.self, Convert.self,
    ],
    defaultSubcommand: Merge.self)
}
