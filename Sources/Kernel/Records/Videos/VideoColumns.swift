import Bytes

/// What other programs want to know of videos, as lines of text or JSON objects.
///
/// Every function appends to `text` and ends no line. Faults name the feature.
package enum VideoColumns {
  /// The id as it is stored.
  ///
  /// - Throws: a fault also for an id that would break the line.
  package static func appendID(of message: RecordMessage, to text: inout [UInt8]) throws(ByteReader.Fault) {
    let id = try Video.id(of: message)
    guard !id.contains(where: { $0 < 0x20 }) else {
      throw .init(offset: 0, problem: "the id has control characters, which a list cannot hold")
    }
    text.append(contentsOf: id)
  }

  /// `id,label label …`: the ground truth of a video. A video without labels has nothing after the comma.
  package static func appendLabels(of message: RecordMessage, to text: inout [UInt8]) throws(ByteReader.Fault) {
    try appendField(Video.id(of: message), to: &text)
    text.append(UInt8(ascii: ","))
    var isFirst = true
    try message.forEachLabel { label in
      if !isFirst { text.append(UInt8(ascii: " ")) }
      isFirst = false
      text.append(decimal: label)
    }
  }

  /// `id:start,label,score` lines, each ended: the ground truth of the segments of a video, as the starter code's segment
  /// evaluation caches it (specs: tm_google §5.6). Of several ratings of the same segment and label the last counts.
  package static func appendSegments(of message: RecordMessage, to text: inout [UInt8]) throws(ByteReader.Fault) {
    let id = try Video.id(of: message)
    for rating in try Video.distinctRatings(of: message) {
      try appendField(id, to: &text)
      text.append(UInt8(ascii: ":"))
      text.append(decimal: rating.start)
      text.append(UInt8(ascii: ","))
      text.append(decimal: rating.label)
      text.append(UInt8(ascii: ","))
      // The float as the double that it is, as the starter code prints it.
      text.append(contentsOf: Double(rating.score).description.utf8)
      text.append(UInt8(ascii: "\n"))
    }
  }

  /// An id in a file of values separated by commas, which nobody quotes here.
  private static func appendField(
    _ id: UnsafeRawBufferPointer, to text: inout [UInt8]
  ) throws(ByteReader.Fault) {
    let isPlain = id.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\"") }
    guard isPlain else {
      throw .init(offset: 0, problem: "the id has a comma, a quote or control characters, which a CSV cannot hold")
    }
    text.append(contentsOf: id)
  }

  /// What a JSON object may tell of a video.
  package struct Members: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let labels = Members(rawValue: 1)
    package static let sizes = Members(rawValue: 2)
    package static let segments = Members(rawValue: 4)
  }

  /// `{"id": …, "labels": […], "frames": {"rgb": 300, …}, "segments": […]}`.
  ///
  /// Labels and segments are there when the record has them (or when they alone are asked for); `frames` counts the steps
  /// of each feature list; a record without lists has `features` instead, which counts the values of each list of floats
  /// but the segments' scores.
  package static func appendJSON(
    of message: RecordMessage, _ members: Members, to text: inout [UInt8]
  ) throws(ByteReader.Fault) {
    text.append(text: "{\"id\": ")
    RecordJSON.append(bytes: try Video.id(of: message), to: &text)
    if members.contains(.labels) { try appendLabelMember(of: message, isForced: members == .labels, to: &text) }
    if members.contains(.sizes) { try appendSizes(of: message, to: &text) }
    if members.contains(.segments) {
      let ratings = try Video.distinctRatings(of: message)
      if !ratings.isEmpty || members == .segments { append(ratings, to: &text) }
    }
    text.append(UInt8(ascii: "}"))
  }

  private static func appendLabelMember(
    of message: RecordMessage, isForced: Bool, to text: inout [UInt8]
  ) throws(ByteReader.Fault) {
    var labels: [Int64] = []
    try message.forEachLabel { labels.append($0) }
    guard isForced || !labels.isEmpty else { return }
    text.append(text: ", \"labels\": [")
    for (index, label) in labels.enumerated() {
      if index > 0 { text.append(text: ", ") }
      text.append(decimal: label)
    }
    text.append(UInt8(ascii: "]"))
  }

  private static func appendSizes(of message: RecordMessage, to text: inout [UInt8]) throws(ByteReader.Fault) {
    var isFirst = true
    func append(_ key: UnsafeRawBufferPointer, _ count: Int, opening: StaticString) {
      text.append(text: isFirst ? opening : ", ")
      isFirst = false
      // A name that is no text is shown as near to it as text can be.
      let name = String(decoding: key, as: UTF8.self)
      Array(name.utf8).withUnsafeBytes { text.append(jsonString: $0) }
      text.append(text: ": ")
      text.append(decimal: Int64(count))
    }
    if try message.kind == .sequence {
      try message.forEachFeatureList { key, list throws(ByteReader.Fault) in
        append(key, try list.count, opening: ", \"frames\": {")
      }
    } else {
      try message.forEachFeature { key, feature throws(ByteReader.Fault) in
        let isRating = key.elementsEqual("segment_scores".utf8)
        if feature.kind == .float, !isRating { append(key, try feature.count, opening: ", \"features\": {") }
      }
    }
    if !isFirst { text.append(UInt8(ascii: "}")) }
  }

  private static func append(_ ratings: [Video.SegmentRating], to text: inout [UInt8]) {
    text.append(text: ", \"segments\": [")
    for (index, rating) in ratings.enumerated() {
      text.append(text: index > 0 ? ", {\"start\": " : "{\"start\": ")
      text.append(decimal: rating.start)
      text.append(text: ", \"label\": ")
      text.append(decimal: rating.label)
      text.append(text: ", \"score\": ")
      RecordJSON.append(float: rating.score, to: &text)
      text.append(UInt8(ascii: "}"))
    }
    text.append(UInt8(ascii: "]"))
  }
}

extension Video {
  /// The segment ratings of a record; of several of one segment and label the last, where the first stood.
  fileprivate static func distinctRatings(
    of message: RecordMessage
  ) throws(ByteReader.Fault) -> [SegmentRating] {
    struct Place: Hashable {
      let start: Int64
      let label: Int64
    }
    var places: [Place: Int] = [:]
    var ratings: [SegmentRating] = []
    for rating in try segmentRatings(of: message) {
      let place = Place(start: rating.start, label: rating.label)
      if let known = places[place] {
        ratings[known] = rating
      } else {
        places[place] = ratings.count
        ratings.append(rating)
      }
    }
    return ratings
  }
}
