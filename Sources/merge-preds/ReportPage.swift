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
  mutating func addConvergence(_ values: [Double]) {
    guard let least = values.min(), let most = values.max() else { return }
    let (left, top, height) = (70.0, 10.0, 240.0)
    let span = most > least ? most - least : 1
    func x(_ index: Int) -> Double {
      left + (ReportPage.width - left - 10) * Double(index) / Double(max(1, values.count - 1))
    }
    func y(_ value: Double) -> Double { top + height * (most - value) / span }
    var drawing = ""
    var line = ""
    var best = -Double.infinity
    for (index, value) in values.enumerated() {
      drawing += "<circle cx=\"\(shown(x(index)))\" cy=\"\(shown(y(value)))\" r=\"2\" fill=\"#9ab\"/>\n"
      best = max(best, value)
      line += "\(shown(x(index))),\(shown(y(best))) "
    }
    drawing += "<polyline points=\"\(line)\" fill=\"none\" stroke=\"#06c\" stroke-width=\"1.5\"/>\n"
    drawing += label(most, left - 6, y(most) + 4) + label(least, left - 6, y(least) + 4)
    add("\(values.count) evaluations, best \(number(most))", drawing, height: top + height + 15)
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
      drawing += text(entry.name, left - 8, y + 15, "end")
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
      drawing += text("\(names[row]) (\(row + 1))", left - 8, y + step / 2 + 4, "end")
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
      <svg viewBox="0 0 \(shown(ReportPage.width)) \(shown(height))" role="img">
      \(drawing)</svg>

      """
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
