import Bytes
import Predictions
import Terminal

/// How alike several files are, each two of them.
struct CorrelationMatrix {
  let names: [String]
  let topK: Int
  /// By the numbers of two files, the smaller first.
  private var pairs: [[Correlation]] = []

  init(_ inputs: PredictionInputs, topK: Int?, _ workers: Workers) throws {
    switch inputs {
    case .videos(let files):
      names = files.map(\.name)
      self.topK = topK ?? 20
      try compare(files.count) { try Correlation(files[$0], files[$1], topK: $2, workers) }
    case .segments(let files):
      names = files.map(\.name)
      self.topK = topK ?? 1000
      try compare(files.count) { try Correlation(files[$0], files[$1], topK: $2, workers) }
    }
  }

  private mutating func compare(_ count: Int, _ compare: (Int, Int, Int) throws -> Correlation) throws {
    for first in 0..<count { pairs.append(try (first + 1..<count).map { try compare(first, $0, topK) }) }
  }

  /// Of two different files.
  subscript(a: Int, b: Int) -> Correlation { pairs[min(a, b)][max(a, b) - min(a, b) - 1] }

  func writeTables() throws {
    for (title, value) in measures {
      if title != measures[0].title { try StandardOutput.shared.line() }
      let numbers = names.indices.map { Table.Column("\($0 + 1)", .right) }
      var table = Table([Table.Column("", .right), Table.Column(title, isFlexible: true)] + numbers)
      for row in names.indices {
        table.append(
          ["\(row + 1)", names[row]]
            + names.indices.map { column in
              column == row ? "1" : value(self[row, column]).map { NumberFormat.fixed(4).text($0) } ?? "-"
            })
      }
      try table.write()
    }
  }

  private var measures: [(title: String, value: (Correlation) -> Double?)] {
    [("PEARSON", { $0.pearson }), ("SPEARMAN", { $0.spearman }), ("OVERLAP@\(topK)", { $0.overlap })]
  }

  func writeJSON() throws {
    let json = JSONWriter(StandardOutput.shared)
    try json.array {
      for first in names.indices {
        for second in names.indices.dropFirst(first + 1) {
          let found = self[first, second]
          try json.object(inline: true) {
            try json.member("a", names[first])
            try json.member("b", names[second])
            try json.member("common", found.commonCount)
            try json.member("pearson", found.pearson)
            try json.member("spearman", found.spearman)
            try json.member("overlap@\(topK)", found.overlap)
          }
        }
      }
    }
  }
}
