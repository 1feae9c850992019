import Bytes

/// Rows in aligned columns.
///
/// One column may be flexible: on a terminal it is shortened (in the middle, since names differ at both ends) so
/// that each row keeps to one line. Everywhere else nothing is cut.
package struct Table {
  /// A title, and how the cells below it stand.
  package struct Column: Sendable {
    package enum Alignment: Sendable { case left, right }

    let title: String
    let alignment: Alignment
    let isFlexible: Bool

    package init(_ title: String, _ alignment: Alignment = .left, isFlexible: Bool = false) {
      self.title = title
      self.alignment = alignment
      self.isFlexible = isFlexible
    }
  }

  private static let gap = 2
  /// A flexible column is never made narrower, however small the terminal.
  private static let narrowest = 12

  private let columns: [Column]
  private var rows: [[String]] = []
  private var widths: [Int]

  /// A table that begins with a line of titles, unless all are empty.
  package init(_ columns: [Column]) {
    self.columns = columns
    widths = columns.map { _ in 0 }
    if columns.contains(where: { !$0.title.isEmpty }) { append(columns.map(\.title)) }
  }

  /// Adds a row; missing cells stay empty. Control characters are shown escaped.
  package mutating func append(_ cells: [String]) {
    let row = columns.indices.map { $0 < cells.count ? cells[$0].printable : "" }
    for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.count) }
    rows.append(row)
  }

  /// The lines, without newlines, at most `width` characters long where the flexible column allows it.
  package func lines(width: Int? = nil) -> [String] {
    var widths = widths
    if let width, let flexible = columns.firstIndex(where: \.isFlexible) {
      let excess = widths.reduce(0, +) + Table.gap * (columns.count - 1) - width
      if excess > 0 { widths[flexible] = min(widths[flexible], max(Table.narrowest, widths[flexible] - excess)) }
    }
    return rows.map { line($0, widths) }
  }

  /// Writes the lines, fitted to the terminal if `output` is one.
  package func write(to output: StandardOutput = .shared) throws {
    for line in lines(width: output.isTerminal ? output.columns : nil) { try output.line(line) }
  }

  private func line(_ row: [String], _ widths: [Int]) -> String {
    var line = ""
    for (index, column) in columns.enumerated() {
      let cell = Table.shortened(row[index], to: widths[index])
      let padding = String(repeating: " ", count: widths[index] - cell.count)
      line += column.alignment == .left ? cell + padding : padding + cell
      if index + 1 < columns.count { line += String(repeating: " ", count: Table.gap) }
    }
    while line.last == " " { line.removeLast() }
    return line
  }

  /// `text` in at most `width` characters, with `…` for what was taken out of its middle.
  private static func shortened(_ text: String, to width: Int) -> String {
    guard text.count > width else { return text }
    let head = (width - 1) / 2
    return text.prefix(head) + "…" + text.suffix(width - 1 - head)
  }
}
