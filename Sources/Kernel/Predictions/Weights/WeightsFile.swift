import Bytes

/// How much each of several models counts, as found by an optimizer or written by hand:
///
///     {
///       "metric": "gap@20",
///       "score": 0.8512,
///       "weights": {"a.csv": 0.7, "b.csv": 0.3},
///       "params": {"w0": 6.1},
///       "how": "place",
///       "missing": "zero",
///       "top_k": 20
///     }
///
/// `weights` maps the files (or checkpoints) to their weights, `params` holds the other numbers that were found with
/// them, the rest tells of the merge (``MergeRecipe``). All but `weights` may be missing; other members are ignored.
public struct WeightsFile: Sendable, Equatable {
  /// A name and a number.
  public struct Entry: Sendable, Equatable {
    public var name: String
    public var value: Double

    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// What the weights maximize, and its value.
  public var metric: String?
  public var score: Double?
  /// In the order of the text.
  public var weights: [Entry]
  public var parameters: [Entry]
  /// Of the merge that the weights are for.
  package var recipe = MergeRecipe()

  /// Weights that were found somewhere.
  public init(metric: String? = nil, score: Double? = nil, weights: [Entry], parameters: [Entry] = []) {
    self.metric = metric
    self.score = score
    self.weights = weights
    self.parameters = parameters
  }

  /// Reads the file at `path`; `-` is standard input.
  ///
  /// - Throws: ``KernelError`` `.noInput` when it cannot be opened, `.badData` when it is not JSON of this form, or a
  ///   weight is negative, or none is positive.
  public init(_ path: String) throws {
    let input = try WholeInput(path, limit: 16 << 20)
    do {
      self = try input.bytes.withUnsafeBytes { bytes in try WeightsFile(bytes) }
    } catch let fault as ByteReader.Fault {
      throw KernelError(
        .badData, input.name, at: .byte(fault.offset), fault.problem,
        hint: "a weights file is {\"weights\": {\"a.csv\": 0.7, \"b.csv\": 0.3}}")
    }
  }

  private init(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    self.init(weights: [])
    var reader = JSONReader(bytes)
    var isThere = false
    try reader.object { reader, key throws(ByteReader.Fault) in
      switch key {
      case "metric": metric = try reader.string()
      case "score": score = try reader.number().double
      case "weights":
        isThere = true
        weights = try WeightsFile.entries(&reader, least: 0)
      case "params": parameters = try WeightsFile.entries(&reader, least: -.infinity)
      default: if try !recipe.read(key, &reader) { try reader.skip() }
      }
    }
    try reader.end()
    guard isThere else { throw reader.fault("there are no \"weights\"") }
    guard weights.contains(where: { $0.value > 0 }) else { throw reader.fault("no weight is positive") }
  }

  private static func entries(
    _ reader: inout JSONReader, least: Double
  ) throws(ByteReader.Fault) -> [Entry] {
    var entries: [Entry] = []
    try reader.object { reader, key throws(ByteReader.Fault) in
      let value = try reader.number().double
      guard value >= least else { throw reader.fault("the weight of \"\(key.printable)\" is negative") }
      entries.append(Entry(key, value))
    }
    return entries
  }

  /// The text of the file, with a line for each weight.
  ///
  /// All numbers must be finite.
  package var text: [UInt8] {
    var text = Array("{".utf8)
    if let metric {
      text.append(text: "\n  \"metric\": ")
      text.append(jsonString: metric)
      text.append(text: ",")
    }
    if let score {
      text.append(text: "\n  \"score\": ")
      text.append(jsonNumber: score)
      text.append(text: ",")
    }
    text.append(text: "\n  \"weights\": ")
    WeightsFile.append(weights, to: &text)
    text.append(text: ",\n  \"params\": ")
    WeightsFile.append(parameters, to: &text)
    recipe.append(to: &text)
    text.append(text: "\n}\n")
    return text
  }

  private static func append(_ entries: [Entry], to text: inout [UInt8]) {
    text.append(text: "{")
    for (index, entry) in entries.enumerated() {
      text.append(text: index > 0 ? ",\n    " : "\n    ")
      text.append(jsonString: entry.name)
      text.append(text: ": ")
      text.append(jsonNumber: entry.value)
    }
    text.append(text: entries.isEmpty ? "}" : "\n  }")
  }

  /// Writes the file whole or not at all.
  public func write(to path: String, existing: AtomicFile.Existing) throws {
    try AtomicFile.write(text, to: path, existing: existing)
  }
}

extension WeightsFile {
  /// The weights of `paths`, each found under the path itself or else under its last part, so that weights found on one
  /// folder's files serve those of the same names in another.
  ///
  /// - Parameter source: what messages call this file.
  /// - Throws: ``KernelError`` `.usage` when a path has no weight, more than one candidate, or shares one.
  public func weights(for paths: [String], source: String) throws -> [Double] {
    var owners: [Int: String] = [:]
    return try paths.map { path in
      let index = try index(of: path, source)
      if let owner = owners.updateValue(path, forKey: index) {
        throw KernelError(
          .usage, source,
          "\(owner.printable) and \(path.printable) would share the weight of "
            + weights[index].name.printable)
      }
      return weights[index].value
    }
  }

  private func index(of path: String, _ source: String) throws -> Int {
    if let exact = weights.firstIndex(where: { $0.name == path }) { return exact }
    let name = Path.name(of: path)
    let candidates = weights.indices.filter { Path.name(of: weights[$0].name) == name }
    guard let first = candidates.first else {
      let known = weights.map(\.name.printable).joined(separator: ", ")
      throw KernelError(
        .usage, source, "there is no weight for \(path.printable)", hint: "it has those of \(known)")
    }
    guard candidates.count == 1 else {
      throw KernelError(.usage, source, "there are \(candidates.count) weights for files named \(name.printable)")
    }
    return first
  }
}
