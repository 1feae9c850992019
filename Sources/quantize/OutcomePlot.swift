import Quantization
import Terminal

/// A drawing of what became of the tensors of a model: for each a bar of its bytes within its bytes as float32, and its
/// signal-to-noise ratio.
struct OutcomePlot {
  private let outcomes: [TensorOutcome]

  init(_ outcomes: [TensorOutcome]) { self.outcomes = outcomes }

  private static let rowHeight = 34
  private static let width = 900.0
  private static let left = 10.0
  private static let room = 640.0

  /// An SVG image.
  var text: String {
    let height = 50 + outcomes.count * OutcomePlot.rowHeight
    let largest = Double(outcomes.map { 4 * $0.elementCount }.max() ?? 1)
    var body = ""
    for (index, item) in outcomes.enumerated() {
      let top = 40 + index * OutcomePlot.rowHeight
      let before = OutcomePlot.room * Double(4 * item.elementCount) / largest
      let after = OutcomePlot.room * Double(item.byteCount) / largest
      body += OutcomePlot.label(item.name, OutcomePlot.left, top)
      body += OutcomePlot.bar(before, top, "#dde3ea") + OutcomePlot.bar(after, top, "#06c")
      let sizes = "\(ByteSize(item.byteCount)) of \(ByteSize(4 * item.elementCount))"
      let text = "\(sizes), \(decimals(item.errors.decibels, 1)) dB"
      body += OutcomePlot.label(text, OutcomePlot.left + OutcomePlot.room + 10, top + 14)
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(OutcomePlot.width)) \(height)" \
      font-family="sans-serif" font-size="12">
      <rect width="100%" height="100%" fill="#fff"/>
      <text x="10" y="20">Bytes of each tensor now, within its bytes as float32, and signal-to-noise ratio</text>
      \(body)</svg>

      """
  }

  private static func bar(_ width: Double, _ top: Int, _ color: String) -> String {
    "<rect x=\"\(decimals(left, 0))\" y=\"\(top + 4)\" width=\"\(decimals(width, 1))\" height=\"12\" "
      + "fill=\"\(color)\"/>\n"
  }

  private static func label(_ text: String, _ x: Double, _ y: Int) -> String {
    let escaped = text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.append(character)
      }
    }
    return "<text x=\"\(decimals(x, 0))\" y=\"\(y)\">\(escaped)</text>\n"
  }
}
