import ArgumentParser
import Bytes
import Checkpoints
import Tensors
import Terminal

/// `ckpt-tool cast`
struct Cast: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change the type of floating tensors.",
    discussion: "Values are rounded to nearest, ties to even. What overflows or vanishes is reported.")

  @Argument(help: "The checkpoint.", completion: .file()) var source: String
  @Option(help: ArgumentHelp("The new type.", valueName: "dtype")) var to: DType
  @Option(help: ArgumentHelp("Only tensors of at least N elements.", valueName: "n")) var minElements = 0
  @Flag(help: "Make values beyond the range the largest finite one instead of infinity.") var saturate = false
  @OptionGroup var selection: SelectionOptions
  @OptionGroup var result: ResultOption
  @OptionGroup var writing: WritingOptions

  func validate() throws {
    if minElements < 0 { throw ValidationError("--min-elements must not be negative") }
  }

  func run() throws {
    let source = try openCheckpoint(source, writing.quiet)
    let selection = self.selection.selection
    self.selection.warnOfUnmatched(in: [source], writing.quiet.diagnostics)
    let (plan, reports) = try Casting(to: to, saturates: saturate).plan(source) { info in
      info.shape.elementCount >= minElements && selection.contains(info.name.description)
    }
    if reports.isEmpty { writing.quiet.diagnostics.warning("no tensor needs the cast; the result is a copy") }
    guard try writing.write(plan, to: result.output) else { return }
    report(reports, writing.quiet.diagnostics, saturated: saturate)
  }
}

/// Tells which tensors lost values in a cast.
func report(_ reports: [CastReport], _ diagnostics: Diagnostics, saturated: Bool = false) {
  for report in reports {
    if report.overflowCount > 0 {
      diagnostics.warning(
        "\(report.name): \(counted(report.overflowCount, "value")) beyond the range \(saturated ? "clamped" : "made infinite")"
      )
    }
    if report.underflowCount > 0 {
      diagnostics.note("\(report.name): \(counted(report.underflowCount, "value")) too small, made zero")
    }
  }
}

extension DType: ExpressibleByArgument {
  public init?(argument: String) {
    self.init(named: argument.lowercased())
    guard isFloat else { return nil }
  }

  public static var allValueStrings: [String] { ["f16", "bf16", "f32", "f64"] }
}
