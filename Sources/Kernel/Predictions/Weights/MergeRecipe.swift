import Bytes

/// How a merge is done for which weights were found, beside the weights and the numbers found with them; kept in a
/// ``WeightsFile`` so that a merge by these weights is the one that they maximize.
package struct MergeRecipe: Sendable, Equatable {
  /// The rule that makes one score of several.
  package var how: MergeRule.Name?
  /// What stood for labels that a file does not have.
  package var missing: MergeOptions.MissingLabels?
  /// How many labels of a video, or segments of a class, counted; `Int.max` for all, which the file holds as 0.
  package var topK: Int?
  /// A published program that was followed, by the name that the command line has for it.
  package var preset: String?

  package init(
    how: MergeRule.Name? = nil, missing: MergeOptions.MissingLabels? = nil, topK: Int? = nil, preset: String? = nil
  ) {
    self.how = how
    self.missing = missing
    self.topK = topK
    self.preset = preset
  }

  /// Reads the member `key` of a weights file, if it is one of these.
  ///
  /// - Returns: whether it is.
  mutating func read(_ key: String, _ reader: inout JSONReader) throws(ByteReader.Fault) -> Bool {
    switch key {
    case "how": how = try MergeRecipe.word(&reader, key, MergeRule.Name.allCases)
    case "missing": missing = try MergeRecipe.word(&reader, key, MergeOptions.MissingLabels.allCases)
    case "top_k":
      guard let count = Int(exactly: try reader.number().double), count >= 0 else {
        throw reader.fault("\"top_k\" is not a number from 0")
      }
      topK = count == 0 ? .max : count
    case "preset": preset = try reader.string()
    default: return false
    }
    return true
  }

  private static func word<Word: RawRepresentable<String>>(
    _ reader: inout JSONReader, _ key: String, _ words: [Word]
  ) throws(ByteReader.Fault) -> Word {
    let text = try reader.string()
    guard let word = words.first(where: { $0.rawValue == text }) else {
      let known = words.map(\.rawValue).joined(separator: ", ")
      throw reader.fault("\"\(key)\" is '\(text.printable)', which is none of \(known)")
    }
    return word
  }

  /// The members of a weights file, each on a line after a comma.
  func append(to text: inout [UInt8]) {
    let words = [("how", how?.rawValue), ("missing", missing?.rawValue), ("preset", preset)]
    for case (let key, let word?) in words {
      text.append(text: ",\n  ")
      text.append(jsonString: key)
      text.append(text: ": ")
      text.append(jsonString: word)
    }
    guard let topK else { return }
    text.append(text: ",\n  \"top_k\": ")
    text.append(contentsOf: "\(topK == .max ? 0 : topK)".utf8)
  }
}
