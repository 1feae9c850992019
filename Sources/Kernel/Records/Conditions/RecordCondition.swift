import Bytes

/// A question that a record answers with yes or no, by its id, labels and frames.
package indirect enum RecordCondition: Sendable {
  package enum Comparison: String, Sendable, CaseIterable {
    case less = "<"
    case atMost = "<="
    case equal = "="
    case notEqual = "!="
    case atLeast = ">="
    case greater = ">"

    @inline(__always)
    func holds(_ a: Int64, _ b: Int64) -> Bool {
      switch self {
      case .less: a < b
      case .atMost: a <= b
      case .equal: a == b
      case .notEqual: a != b
      case .atLeast: a >= b
      case .greater: a > b
      }
    }
  }

  case all([RecordCondition])
  case any([RecordCondition])
  case not(RecordCondition)
  /// The number of frames: the steps of the feature list `rgb`, or else of the longest one.
  case frames(Comparison, Int64)
  /// The number of labels.
  case labelCount(Comparison, Int64)
  /// Whether one of these is among the labels.
  case labels(Set<Int64>)
  case idIs([UInt8])
  case idMatches(RegularExpression)
  case idIsAmong(ByteStringSet)

  /// - Parameter found: gets the number of the id in the set of ``idIsAmong(_:)``, when it is there.
  /// - Throws: ``ByteReader/Fault`` when the message is broken or lacks what is asked about.
  package func holds(
    for message: RecordMessage, found: (Int) -> Void = { _ in }
  ) throws(ByteReader.Fault) -> Bool {
    switch self {
    case .all(let parts):
      for part in parts { if try !part.holds(for: message, found: found) { return false } }
      return true
    case .any(let parts):
      for part in parts { if try part.holds(for: message, found: found) { return true } }
      return false
    case .not(let part): return try !part.holds(for: message, found: found)
    case .frames(let comparison, let number): return comparison.holds(Int64(try message.frameCount), number)
    case .labelCount(let comparison, let number): return comparison.holds(Int64(try message.labelCount), number)
    case .labels(let labels):
      var isThere = false
      try message.forEachLabel { if labels.contains($0) { isThere = true } }
      return isThere
    case .idIs(let id): return try Video.id(of: message).elementsEqual(id)
    case .idMatches(let expression): return expression.matches(try Video.id(of: message))
    case .idIsAmong(let set):
      guard let index = set.index(of: try Video.id(of: message)) else { return false }
      found(index)
      return true
    }
  }
}

extension RecordMessage {
  /// The steps of the feature list `rgb`, or else of the longest one.
  ///
  /// - Throws: ``ByteReader/Fault`` when there is no feature list: a record of means does not tell how many frames
  ///   there were.
  package var frameCount: Int {
    get throws(ByteReader.Fault) {
      if let rgb = try featureList(RecordMessage.frameKey) { return try rgb.count }
      var longest: Int?
      try forEachFeatureList { _, list throws(ByteReader.Fault) in longest = max(longest ?? 0, try list.count) }
      guard let longest else {
        throw .init(offset: 0, problem: "it has no frames to count: it is not frame-level data")
      }
      return longest
    }
  }

  private static let frameKey: FeatureName = "rgb"
  private static let labelsKey: FeatureName = "labels"

  /// How many labels there are; none when the feature is missing.
  package var labelCount: Int {
    get throws(ByteReader.Fault) {
      var count = 0
      try forEachLabel { _ in count += 1 }
      return count
    }
  }

  /// Calls `body` with each label, if there are any.
  package func forEachLabel(_ body: (Int64) -> Void) throws(ByteReader.Fault) {
    guard let feature = try feature(RecordMessage.labelsKey) else { return }
    guard feature.kind == .int64 || feature.kind == .none else {
      throw .init(offset: 0, problem: "feature labels holds \(feature.kind.name), not int64")
    }
    try feature.forEachInt64 { label throws(ByteReader.Fault) in body(label) }
  }
}
