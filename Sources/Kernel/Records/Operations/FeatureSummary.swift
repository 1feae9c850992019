import Bytes

/// The smallest and the largest of some counts.
package struct CountRange: Sendable, Equatable {
  package private(set) var smallest = Int.max
  package private(set) var largest = Int.min

  package var isEmpty: Bool { smallest > largest }

  @inline(__always)
  mutating func insert(_ count: Int) {
    if count < smallest { smallest = count }
    if count > largest { largest = count }
  }

  mutating func merge(_ other: CountRange) {
    smallest = min(smallest, other.smallest)
    largest = max(largest, other.largest)
  }
}

/// What one feature, or one feature list, is like in many records.
package struct FeatureSummary: Sendable {
  /// The name as it is stored.
  package let key: [UInt8]
  /// Whether it is a feature list of a sequence.
  package let isList: Bool
  /// In how many records it occurs.
  package private(set) var recordCount = 0
  /// For each kind of ``Feature/Kind``, in how many records it is of that kind; a list may have steps of several kinds.
  package private(set) var kindCounts: [Int]
  /// Steps of a list.
  package private(set) var steps = CountRange()
  /// Values in a record, in a list in a step; features without a kind do not count.
  package private(set) var values = CountRange()
  /// Lengths of the byte strings.
  package private(set) var byteCounts = CountRange()

  init(key: UnsafeRawBufferPointer, isList: Bool) {
    self.key = Array(key)
    self.isList = isList
    kindCounts = Feature.Kind.allCases.map { _ in 0 }
  }

  package var name: String { String(decoding: key, as: UTF8.self) }

  /// In how many records the feature is of this kind.
  package func recordCount(of kind: Feature.Kind) -> Int { kindCounts[Int(kind.rawValue)] }

  /// Adds the feature of a record; one that the record has twice counts once.
  @inline(__always)
  mutating func add(_ feature: Feature, isRepeated: Bool) throws(ByteReader.Fault) {
    guard !isRepeated else { return try addValues(of: feature) }
    recordCount += 1
    kindCounts[Int(feature.kind.rawValue)] += 1
    try addValues(of: feature)
  }

  mutating func add(_ list: FeatureList, isRepeated: Bool) throws(ByteReader.Fault) {
    recordCount += isRepeated ? 0 : 1
    var kinds: UInt8 = 0
    var count = 0
    try list.forEach { feature throws(ByteReader.Fault) in
      kinds |= 1 << feature.kind.rawValue
      count += 1
      try addValues(of: feature)
    }
    steps.insert(count)
    guard !isRepeated else { return }
    for kind in 0..<UInt8(kindCounts.count) where kinds >> kind & 1 == 1 { kindCounts[Int(kind)] += 1 }
  }

  @inline(__always)
  private mutating func addValues(of feature: Feature) throws(ByteReader.Fault) {
    guard feature.kind != .none else { return }
    guard feature.kind == .bytes else { return values.insert(try feature.count) }
    var count = 0
    try feature.forEachBytes { bytes throws(ByteReader.Fault) in
      byteCounts.insert(bytes.count)
      count += 1
    }
    values.insert(count)
  }

  mutating func merge(_ other: FeatureSummary) {
    recordCount += other.recordCount
    for kind in kindCounts.indices { kindCounts[kind] += other.kindCounts[kind] }
    steps.merge(other.steps)
    values.merge(other.values)
    byteCounts.merge(other.byteCounts)
  }
}

/// Summaries by name, found fast whether or not the records keep one order of their features.
struct FeatureTable: Sendable {
  private(set) var features: [FeatureSummary] = []
  /// Positions by hash; of equal hashes the rest is a chain through `next`.
  private var heads: [UInt64: Int] = [:]
  private var next: [Int] = []
  /// Where the feature after the one last found stood in the record before.
  private var guess = 0
  /// For each feature the number of the record that had it last.
  private var lastRecords: [Int] = []
  private var record = 0

  /// Must be called before the features of a record are added.
  mutating func beginRecord() { record += 1 }

  /// The position of a name, which is entered if it is new.
  @inline(__always)
  mutating func position(of key: UnsafeRawBufferPointer, isList: Bool) -> Int {
    let position = guess < features.count && isEntry(guess, key, isList) ? guess : search(key, isList)
    guess = position + 1 < features.count ? position + 1 : 0
    return position
  }

  private func isEntry(_ position: Int, _ key: UnsafeRawBufferPointer, _ isList: Bool) -> Bool {
    features[position].isList == isList && features[position].key.count == key.count
      && features[position].key.elementsEqual(key)
  }

  private mutating func search(_ key: UnsafeRawBufferPointer, _ isList: Bool) -> Int {
    // FNV-1a.
    var hash: UInt64 = isList ? 0xcbf2_9ce4_8422_2325 : 0xaf63_bd4c_8601_b7df
    for byte in key { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    var candidate = heads[hash] ?? -1
    while candidate >= 0 {
      if isEntry(candidate, key, isList) { return candidate }
      candidate = next[candidate]
    }
    features.append(FeatureSummary(key: key, isList: isList))
    next.append(heads[hash] ?? -1)
    lastRecords.append(0)
    heads[hash] = features.count - 1
    return features.count - 1
  }

  mutating func add(_ feature: Feature, at position: Int) throws(ByteReader.Fault) {
    try features[position].add(feature, isRepeated: isRepeated(position))
  }

  mutating func add(_ list: FeatureList, at position: Int) throws(ByteReader.Fault) {
    try features[position].add(list, isRepeated: isRepeated(position))
  }

  private mutating func isRepeated(_ position: Int) -> Bool {
    defer { lastRecords[position] = record }
    return lastRecords[position] == record
  }

  mutating func merge(_ other: FeatureTable) {
    for feature in other.features {
      let position = feature.key.withUnsafeBytes { self.position(of: $0, isList: feature.isList) }
      features[position].merge(feature)
    }
  }
}
