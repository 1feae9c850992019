/// Finds labels that are twice in a row, of many rows one after another.
///
/// Memory: 4 bytes for each number up to the largest label, at most 256 KiB.
struct RepeatedLabels {
  /// For each label, the row that had it last.
  private var rows: [UInt32] = []
  private var row: UInt32 = 0
  /// Labels that are not in the table.
  private var large: Set<Int32> = []

  private static let tableLimit = 1 << 16

  /// The first label of the next row that the row has already; no label is negative.
  mutating func find(in labels: some Sequence<Int32>) -> Int32? {
    row &+= 1
    if !large.isEmpty { large.removeAll(keepingCapacity: true) }
    for label in labels {
      let index = Int(label)
      if index >= RepeatedLabels.tableLimit {
        if !large.insert(label).inserted { return label }
        continue
      }
      if index >= rows.count { rows += Array(repeating: 0, count: max(4096, index + 1) - rows.count) }
      if rows[index] == row { return label }
      rows[index] = row
    }
    return nil
  }
}
