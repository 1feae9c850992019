import Bytes
import Terminal

/// An HTML page of drawings (SVG in the page itself), made from top to bottom.
struct ReportPage {
  private let title: String
  private var body = ""

  private static let width = 760.0

  init(title: String) { self.title = title }

  var text: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <title>\(ReportPage.escaped(title))</title>
    <style>
    body { font: 15px/1.5 sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em; color: #222; }
    svg { width: 100%; height: auto; font-size: 12px; }
    h2 { font-size: 1.1em; margin-top: 2em; }
    </style>
    </head>
    <body>
    <h1>\(ReportPage.escaped(title))</h1>
    \(body)</body>
    </html>

    """
  }

  /// The value of each evaluation as a dot, and the best so far as a line.
  ///
  /// The worst quarter, which is what one begins with, is drawn at the lower edge, so that the rest can be told apart.
  mutating func addConvergence(_ values: [Double]) {
    let order = values.sorted()
    guard let most = order.last else { return }
    let least = order[order.count / 4]
    let (left, top, height) = (70.0, 10.0, 240.0)
    let span = most > least ? most - least : 1
    func x(_ index: Int) -> Double {
      left + (ReportPage.width - left - 10) * Double(index) / Double(max(1, values.count - 1))
    }
    func y(_ value: Double) -> Double { top + height * (most - max(value, least)) / span }
    var drawing = ""
    var line = ""
    var best = -Double.infinity
    for (index, value) in values.enumerated() {
      let color = value < least ? "#cde" : "#9ab"
      drawing += "<circle cx=\"\(shown(x(index)))\" cy=\"\(shown(y(value)))\" r=\"2\" fill=\"\(color)\"/>\n"
      best = max(best, value)
      line += "\(shown(x(index))),\(shown(y(best))) "
    }
    drawing += "<polyline points=\"\(line)\" fill=\"none\" stroke=\"#06c\" stroke-width=\"1.5\"/>\n"
    drawing += label(most, left - 6, y(most) + 4)
    if most > least { drawing += label(least, left - 6, y(least) + 4) }
    drawing += text("1", left, top + height + 18, "middle")
    if values.count > 1 {
      drawing += text("\(values.count)", ReportPage.width - 10, top + height + 18, "end")
    }
    add("\(counted(values.count, "evaluation")), best \(number(most))", drawing, height: top + height + 24)
  }

  /// A bar for each number, to the left for those below 0.
  mutating func addNumbers(_ title: String, _ numbers: [(name: String, value: Double)]) {
    let step = 22.0
    let (left, room) = (300.0, ReportPage.width - 390)
    let least = min(0, numbers.map(\.value).min() ?? 0)
    let span = max((numbers.map(\.value).max() ?? 0) - least, .leastNormalMagnitude)
    let zero = left + room * -least / span
    var drawing = ""
    for (index, entry) in numbers.enumerated() {
      let y = step * Double(index)
      let end = zero + room * entry.value / span
      drawing += name(entry.name, left - 8, y + 15)
      drawing +=
        "<rect x=\"\(shown(min(zero, end)))\" y=\"\(shown(y + 3))\" width=\"\(shown(abs(end - zero)))\" "
        + "height=\"16\" fill=\"\(entry.value < 0 ? "#c40" : "#06c")\"/>\n"
      drawing += text(number(entry.value), max(zero, end) + 6, y + 15, "start")
    }
    add(title, drawing, height: step * Double(numbers.count))
  }

  /// A square for each two of `names`, the darker the more alike.
  mutating func addMatrix(_ title: String, _ names: [String], _ value: (Int, Int) -> Double?) {
    let left = 300.0
    let step = min(50, (ReportPage.width - left) / Double(names.count))
    var drawing = ""
    for row in names.indices {
      let y = step * Double(row)
      drawing += name(names[row], left - 8, y + step / 2 + 4, suffix: " (\(row + 1))")
      for column in names.indices {
        let found = row == column ? 1 : value(row, column)
        let x = left + step * Double(column)
        let shade = min(max(found ?? 0, 0), 1)
        drawing +=
          "<rect x=\"\(shown(x))\" y=\"\(shown(y))\" width=\"\(shown(step))\" height=\"\(shown(step))\" "
          + "fill=\"#06c\" fill-opacity=\"\(shown(shade))\" stroke=\"#fff\"/>\n"
        let words = found.map { NumberFormat.fixed(2).text($0) } ?? "-"
        drawing += text(words, x + step / 2, y + step / 2 + 4, "middle", shade > 0.6 ? "#fff" : "#222")
      }
    }
    for column in names.indices {
      let x = left + step * (Double(column) + 0.5)
      drawing += text("\(column + 1)", x, step * Double(names.count) + 15, "middle")
    }
    add(title, drawing, height: step * Double(names.count) + 20)
  }

  private mutating func add(_ title: String, _ drawing: String, height: Double) {
    body += """
      <h2>\(ReportPage.escaped(title))</h2>
      <svg viewBox="0 0 \(shown(ReportPage.width)) \(shown(height))" role="img" aria-label="\(ReportPage.escaped(title))">
      \(drawing)</svg>

      """
  }

  /// A file's name that ends at `x`; of a long one the end, and all of it where a pointer rests.
  private func name(_ name: String, _ x: Double, _ y: Double, suffix: String = "") -> String {
    let shortened = name.count > 40 ? "…" + name.suffix(39) : name
    return "<g><title>\(ReportPage.escaped(name))</title>" + text(shortened + suffix, x, y, "end") + "</g>\n"
  }

  private func label(_ value: Double, _ x: Double, _ y: Double) -> String { text(number(value), x, y, "end") }

  private func text(_ text: String, _ x: Double, _ y: Double, _ anchor: String, _ color: String = "#222") -> String
  {
    "<text x=\"\(shown(x))\" y=\"\(shown(y))\" text-anchor=\"\(anchor)\" fill=\"\(color)\">"
      + "\(ReportPage.escaped(text))</text>\n"
  }

  private func shown(_ value: Double) -> String { NumberFormat.significant(5).text(value) }
  private func number(_ value: Double) -> String { NumberFormat.significant(6).text(value) }

  private static func escaped(_ text: String) -> String {
    text.printable.reduce(into: "") { escaped, character in
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      default: escaped.append(character)
      }
    }
  }
}
