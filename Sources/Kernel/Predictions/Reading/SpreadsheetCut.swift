/// Tells whether a spreadsheet cut the cells of a file of ranked segments (Microsoft: "Excel specifications and limits").
///
/// A cell that long may be whole, since ranked segments take any length. When longer ones are in the file, it was never
/// in a spreadsheet.
struct SpreadsheetCut {
  /// The first line with a cell that is as long as the longest that spreadsheets keep.
  private var suspect: Int?
  private var hasLonger = false

  static let problem = "the cell is cut at \(PredictionPairs.spreadsheetLimit) characters"

  /// Tells of the cell of a line.
  mutating func note(_ byteCount: Int, line: Int) {
    if byteCount == PredictionPairs.spreadsheetLimit, suspect == nil { suspect = line }
    if byteCount > PredictionPairs.spreadsheetLimit { hasLonger = true }
  }

  /// The first line that is cut; `nil` when none is.
  var line: Int? { hasLonger ? nil : suspect }
}
