import ArgumentParser
import Predictions

/// `--how`, `--power` and `--w0`: the rule that makes one score of several.
struct HowOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      mean; geometric or logit (of scores kept 1e-6 away from 0, or 0 and 1); rank, the place in the row or line \
      counted as (n - i) / n; place, counted as w0 / (i + w0) with i from 0; power, the P-th root of the mean of P-th \
      powers. Places in a video's row do not tell how sure a model is of the video, which GAP wants to know. The \
      parameter may be appended: power:3, place:60. Default: mean, or place for segments.
      """, valueName: "rule"), completion: .list(MergeRule.Name.allCases.map(\.rawValue)))
  var how: Rule?

  @Option(help: ArgumentHelp("The P of --how power, at most 50 (default: 2).", valueName: "P")) var power: Double?

  @Option(help: ArgumentHelp("The w0 of --how place (default: \(SegmentMerge.publishedW0)).", valueName: "w0"))
  var w0: Double?

  /// A rule as it is written.
  struct Rule: ExpressibleByArgument {
    let name: MergeRule.Name
    let parameter: Double?

    init(_ name: MergeRule.Name) {
      self.name = name
      parameter = nil
    }

    init?(argument: String) {
      let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let name = MergeRule.Name(rawValue: parts[0]) else { return nil }
      self.name = name
      guard parts.count == 2 else {
        parameter = nil
        return
      }
      guard name == .power || name == .place, let parameter = Double(parts[1]) else { return nil }
      self.parameter = parameter
    }
  }

  func validate() throws {
    if power != nil, how?.name != .power { throw ValidationError("--power is for --how power") }
    if let name = how?.name, name != .place, w0 != nil { throw ValidationError("--w0 is for --how place") }
    if how?.parameter != nil, power != nil || w0 != nil {
      throw ValidationError("the parameter of --how is given twice")
    }
  }

  /// Whether the command line names a rule; `--w0` alone is `place`.
  var isGiven: Bool { how != nil || w0 != nil }

  /// The rule that is named, if any is.
  var name: MergeRule.Name? { how?.name ?? (w0 == nil ? nil : .place) }

  /// The parameter that is given, if any is.
  var parameter: Double? { power ?? w0 ?? how?.parameter }

  /// For predictions of videos.
  ///
  /// - Parameter found: numbers that an optimizer found, which stand in for those not given.
  func rule(_ found: [String: Double] = [:]) -> MergeRule {
    switch how?.name {
    case nil:
      if let power = found["power"] {
        .power(power)
      } else if w0 != nil || found["w0"] != nil {
        .place(w0: placeW0(found))
      } else {
        .mean
      }
    case .mean: .mean
    case .geometric: .geometric
    case .logit: .logit
    case .rank: .rank
    case .power: .power(power ?? how?.parameter ?? found["power"] ?? 2)
    case .place: .place(w0: placeW0(found))
    }
  }

  /// For ranked segments: the `w0` of places, or `nil` for `rank`.
  ///
  /// - Throws: ``ValidationError`` for a rule that takes scores.
  func segmentW0(_ found: [String: Double] = [:]) throws -> Double? {
    switch how?.name {
    case nil, .place: return placeW0(found)
    case .rank: return nil
    case .some(let name):
      throw ValidationError(
        "--how \(name.rawValue) takes scores, which files of ranked segments do not have; use place or rank")
    }
  }

  private func placeW0(_ found: [String: Double]) -> Double {
    w0 ?? how?.parameter ?? found["w0"] ?? SegmentMerge.publishedW0
  }
}
