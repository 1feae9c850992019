import ArgumentParser
import Bytes

/// `--precision` and `--decimals`: how scores are written.
struct NumberFormatOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write scores with so many significant digits, 1 to 17, as C's %g does (9 keep a float32, 17 a double).",
      valueName: "digits"))
  var precision: Int?

  @Option(
    help: ArgumentHelp(
      "Write scores with so many digits after the point, 0 to 17, as C's %f does.", valueName: "digits"))
  var decimals: Int?

  func validate() throws {
    if precision != nil, decimals != nil { throw ValidationError("--precision and --decimals exclude each other") }
    if let precision, !(1...17).contains(precision) {
      throw ValidationError("--precision must be 1 to 17, not \(precision)")
    }
    if let decimals, !(0...17).contains(decimals) {
      throw ValidationError("--decimals must be 0 to 17, not \(decimals)")
    }
  }

  /// The format asked for.
  var format: NumberFormat? { precision.map { .significant($0) } ?? decimals.map { .fixed($0) } }
}
