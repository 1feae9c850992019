import Bytes

extension VideoStatistics {
  /// A gnuplot script that draws the histograms, the frequencies of the labels, and how many frames and labels the
  /// videos have, as an SVG image on its standard output; what the files do not have is left out.
  package var plotScript: String {
    var panels: [String] = []
    if items.contains(where: { $0.moments.count > 0 }) { panels.append(histogramPanel) }
    if !labels.isEmpty { panels.append(labelPanel) }
    if !framesPerVideo.isEmpty { panels.append(Self.panel("frames of a video", framesPerVideo)) }
    if !labelsPerVideo.isEmpty { panels.append(Self.panel("labels of a video", labelsPerVideo)) }
    let columns = panels.count > 1 ? 2 : 1
    let rows = max(1, (panels.count + 1) / 2)
    return """
      set terminal svg size \(560 * columns),\(400 * rows) noenhanced background 'white'
      set encoding utf8
      set multiplot layout \(rows),\(columns)
      set grid
      set style fill solid 0.6 noborder

      """ + panels.joined() + "unset multiplot\n"
  }

  private var histogramPanel: String {
    let shown = items.filter { $0.moments.count > 0 }
    var script = ""
    for (number, item) in shown.enumerated() {
      let histogram = item.histogram
      let width = (histogram.range.upperBound - histogram.range.lowerBound) / Double(histogram.counts.count)
      let scale = 1 / (Double(item.moments.count) * width)
      script += "$values\(number) << EOD\n"
      for (center, count) in zip(histogram.centers, histogram.counts) {
        script += "\(center) \(Double(count) * scale)\n"
      }
      script += "EOD\n"
    }
    let curves = shown.enumerated().map { "$values\($0) using 1:2 with histeps title \(Self.quoted($1.name))" }
    return script + Self.settings("numbers of the features", x: "value", y: "density")
      + "plot \(curves.joined(separator: ", "))\n"
  }

  private var labelPanel: String {
    let counts = labels.sorted.map(\.count).sorted(by: >)
    var script = "$labels << EOD\n"
    for (rank, count) in counts.enumerated() { script += "\(rank + 1) \(count)\n" }
    return script + "EOD\n" + Self.settings("frequency of the labels", x: "rank", y: "videos")
      + "set logscale xy\nplot $labels using 1:2 with points pointtype 7 pointsize 0.3 notitle\nunset logscale\n"
  }

  private static func panel(_ title: String, _ distribution: Distribution) -> String {
    var script = "$counts << EOD\n"
    for (value, count) in distribution.sorted { script += "\(value) \(count)\n" }
    return script + "EOD\n" + settings(title, x: "number", y: "videos")
      + "set boxwidth 1\nset yrange [0:*]\nplot $counts using 1:2 with boxes notitle\nset yrange [*:*]\n"
  }

  private static func settings(_ title: String, x: String, y: String) -> String {
    "set title \(quoted(title))\nset xlabel \(quoted(x))\nset ylabel \(quoted(y))\n"
  }

  /// `text` as a string of gnuplot's that nothing is expanded in.
  private static func quoted(_ text: String) -> String {
    "'" + text.printable.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}
