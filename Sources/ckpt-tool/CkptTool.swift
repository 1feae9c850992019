import ArgumentParser
import Terminal

/// The root of the command tree; each subcommand is a file beside this one.
struct CkptTool: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ckpt-tool", abstract: "Operations on TensorFlow checkpoints.",
    discussion: """
      A checkpoint is named by its prefix, by one of its files, or by a folder with a checkpoint state file. \
      Files ending in .safetensors and .npz are understood everywhere too.
      """,
    version: Program.versionLine("ckpt-tool"),
    subcommands: [
      List.self, Cat.self, ShowGraph.self, Stats.self, Verify.self, Checksum.self, Diff.self,
      Average.self, MovingAverages.self, Cast.self, Rename.self, Drop.self, Keep.self, SetTensors.self, Merge.self,
      Split.self, Reshard.self, Fill.self, Ensemble.self, Convert.self, State.self, Pack.self, Unpack.self,
      Inspect.self,
    ])
}
