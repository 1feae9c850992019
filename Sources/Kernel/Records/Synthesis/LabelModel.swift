/// Which labels made-up videos have: a few frequent classes and a long tail (Zipf), and classes that come together as
/// in YouTube-8M, where a guitar is also music.
struct LabelModel: Sendable {
  let classCount: Int
  private let seed: UInt64
  /// `cumulative[c]`: the weights of the classes up to and with `c`.
  private let cumulative: [UInt64]

  /// How a class shows itself in the frames of a video.
  enum Manner {
    /// Weakly, in most scenes: the mean of the frames tells.
    case steady
    /// Strongly, for a few frames: the mean hardly tells.
    case event
    /// As a pattern and then its opposite, of which the mean keeps nothing; a class and its sibling, the other of
    /// the pair `2k`, `2k + 1`, share the pattern and differ in what comes first.
    case order
  }

  private enum Domain {
    static let parent: UInt64 = 1
    static let companion: UInt64 = 2
    static let manner: UInt64 = 3
  }

  init(classCount: Int, seed: UInt64) {
    self.classCount = classCount
    self.seed = seed
    var sum: UInt64 = 0
    // Weights 1/(c + 4), whatever the number of classes within 2^40.
    cumulative = (0..<classCount).map { label in
      sum += (1 << 40) / UInt64(label + 4)
      return sum
    }
  }

  func manner(of label: Int) -> Manner {
    var choice = SplitMix64(seed: seed, domain: Domain.manner, index: UInt64(label / 2))
    switch choice.next(below: 16) {
    case 0..<9: return .steady
    case 9..<13: return .event
    default: return .order
    }
  }

  /// The pattern that stands for a class: its own, unless it shares one with its sibling.
  func prototype(of label: Int) -> Int { manner(of: label) == .order ? label / 2 * 2 : label }

  /// The labels of a video, sorted.
  func draw(_ random: inout SplitMix64) -> [Int] {
    var labels: [Int] = []
    var first = drawOne(&random)
    add(first, to: &labels, &random)
    while labels.count < 20, random.happens(1, in: 2) {
      first = random.happens(1, in: 2) ? companion(of: first, random.next(below: 4)) : drawOne(&random)
      add(first, to: &labels, &random)
    }
    return labels.sorted()
  }

  /// Adds a label and, mostly, the more general ones above it.
  private func add(_ label: Int, to labels: inout [Int], _ random: inout SplitMix64) {
    var next: Int? = label
    while let label = next {
      if !labels.contains(label) { labels.append(label) }
      next = random.happens(1, in: 2) ? parent(of: label) : nil
    }
  }

  /// A more frequent class that this one belongs to; the most frequent have none.
  private func parent(of label: Int) -> Int? {
    guard label >= 16 else { return nil }
    var choice = SplitMix64(seed: seed, domain: Domain.parent, index: UInt64(label))
    return choice.next(below: label / 8)
  }

  /// One of four classes that often come with this one.
  private func companion(of label: Int, _ number: Int) -> Int {
    var choice = SplitMix64(seed: seed, domain: Domain.companion, index: UInt64(4 * label + number))
    return drawOne(&choice)
  }

  private func drawOne(_ random: inout SplitMix64) -> Int {
    let total = cumulative.last ?? 1
    let place = random.next().multipliedFullWidth(by: total).high
    var range = 0..<classCount
    while range.count > 1 {
      let middle = range.lowerBound + range.count / 2
      range = cumulative[middle - 1] > place ? range.lowerBound..<middle : middle..<range.upperBound
    }
    return range.lowerBound
  }
}
