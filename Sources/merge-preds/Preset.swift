import ArgumentParser
import Bytes
import Predictions

/// `--preset`: what published programs do.
enum Preset: String, CaseIterable, ExpressibleByArgument {
  /// `file_averaging.py` of the 2017 winner, WILLOW.
  case fileAveraging = "file_averaging"
  /// `Ensemble.ipynb` of the 2019 9th place.
  case notebook = "notebook-2019"
  /// `ensemble.py` of the same.
  case ensemble = "ensemble-2019"

  /// How ranked segments are merged, or `nil` if the preset is for videos.
  ///
  /// - Throws: ``KernelError`` `.usage` when `ensemble.py` would find no weight in a file's name.
  func segmentOptions(_ paths: [String], weights: [Double], w0: Double) throws -> SegmentMerge.Options? {
    var options = SegmentMerge.Options(w0: w0)
    options.weights = weights
    options.classOrder = .text
    switch self {
    case .fileAveraging: return nil
    case .notebook: return options
    case .ensemble:
      options.w0 = 1
      options.usesCRLF = true
      if weights.isEmpty { options.weights = try paths.map(Preset.weightInName) }
      return options
    }
  }

  /// Three digits before `.csv`, such as a score, as thousandths, squared.
  private static func weightInName(_ path: String) throws -> Double {
    let name = Path.name(of: path)
    let digits = name.hasSuffix(".csv") ? name.dropLast(4).suffix(3) : ""
    guard digits.count == 3, digits.allSatisfy({ $0.isASCII && $0.isNumber }), let score = Double(digits) else {
      throw KernelError(
        .usage, path, "has no weight in its name, three digits before .csv", hint: "give --weights")
    }
    return (score / 1000) * (score / 1000)
  }
}
