import Bytes
import Quantization
import Terminal

/// What became of the tensors of a model, as a table or as JSON.
struct OutcomeTable {
  /// Bytes of all tensors.
  struct Sizes {
    let before: Int
    let after: Int
  }

  private let outcomes: [TensorOutcome]
  private let sizes: Sizes

  init(_ outcomes: [TensorOutcome], _ sizes: Sizes) {
    self.outcomes = outcomes
    self.sizes = sizes
  }

  private var total: ErrorSums { outcomes.reduce(into: ErrorSums()) { $0.merge($1.errors) } }
  private var hasBounds: Bool { outcomes.contains { $0.bound != nil } }

  func write() throws {
    if !outcomes.isEmpty {
      var table = Table(
        [.init("tensor", isFlexible: true), .init("stored as"), .init("bytes", .right), .init("of", .right)]
          + ["mse", "snr dB", "worst"].map { .init($0, .right) } + (hasBounds ? [.init("optimum x", .right)] : []))
      for item in outcomes {
        table.append([item.name, stored(item), "\(item.byteCount)", "\(4 * item.elementCount)"] + numbers(item))
      }
      try table.write()
    }
    let errors = total
    var line = "\(ByteSize(sizes.before)) became \(ByteSize(sizes.after))"
    if errors.count > 0 {
      line += ", mse \(rounded(errors.mean)), snr \(decibels(errors)) dB, worst error \(rounded(errors.worst))"
    }
    try StandardOutput.shared.line(line)
  }

  private func stored(_ item: TensorOutcome) -> String {
    if case .codes(_, let bits) = item.transform {
      "\(item.transform.name) \(bits) bits"
    } else {
      item.transform.name
    }
  }

  private func numbers(_ item: TensorOutcome) -> [String] {
    [rounded(item.errors.mean), decibels(item.errors), rounded(item.errors.worst)]
      + (hasBounds ? [item.bound.map(OutcomeTable.bound) ?? "-"] : [])
  }

  private func decibels(_ errors: ErrorSums) -> String { decimals(errors.decibels, 2) }

  /// A ratio that is near 1, rounded up.
  private static func bound(_ ratio: Double) -> String {
    ratio.isFinite ? "<= " + decimals((ratio * 1e6).rounded(.up) / 1e6, 6) : "-"
  }

  func writeJSON() throws {
    let json = JSONWriter(StandardOutput.shared)
    try json.object {
      try json.member("bytes_before", sizes.before)
      try json.member("bytes_after", sizes.after)
      try json.array("tensors") {
        for item in outcomes {
          try json.object(inline: true) {
            try json.member("name", item.name)
            try json.member("type", item.transform.name)
            try json.member("bits", item.transform.bits)
            try json.member("elements", item.elementCount)
            try json.member("bytes", item.byteCount)
            try json.member("mse", item.errors.mean)
            try json.member("snr_db", item.errors.decibels)
            try json.member("worst", item.errors.worst)
            if let bound = item.bound { try json.member("optimum_bound", bound) }
          }
        }
      }
    }
  }
}

/// A number with that many decimals; `inf` when it is infinite.
func decimals(_ value: Double, _ count: Int) -> String {
  value.isFinite ? NumberFormat.fixed(count).text(value) : rounded(value)
}
