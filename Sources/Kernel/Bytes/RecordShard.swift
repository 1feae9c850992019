/// One of several equal parts of a job over records: of ``count`` parts, number ``index`` gets the records whose
/// running number over all the files leaves the remainder ``index``.
///
/// Parts of the same files are disjoint, their sizes differ by at most one record, and together they are everything.
package struct RecordShard: Sendable, Equatable {
  /// From 0.
  package let index: Int
  package let count: Int

  /// - Returns: `nil` unless `0 ≤ index < count`.
  package init?(_ index: Int, of count: Int) {
    guard index >= 0, index < count else { return nil }
    self.index = index
    self.count = count
  }

  /// Whether the record with this running number belongs to the part.
  package func contains(_ number: Int) -> Bool { number % count == index }
}
