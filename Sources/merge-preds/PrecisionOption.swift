import ArgumentParser
import Bytes

/// The value of `--precision`: how scores are written.
struct PrecisionOption: ExpressibleByArgument {
  let format: NumberFormat

  /// `1` to `17` significant digits, or `shortest`.
  init?(argument: String) {
    if argument == "shortest" {
      format = .shortest
      return
    }
    guard let digits = Int(argument), (1...17).contains(digits) else { return nil }
    format = .significant(digits)
  }
}
