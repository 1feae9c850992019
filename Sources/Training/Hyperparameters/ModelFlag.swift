/// One hyperparameter: its name on the command line, what it may be, what it does, and which models look at it.
package struct ModelFlag: Sendable {
  /// As the reference spells it, without dashes.
  package let name: String
  package let help: String
  /// The models that use it.
  package let models: [String]
  package let kind: Kind

  package typealias Path<Value> = WritableKeyPath<Hyperparameters, Value> & Sendable

  /// Where its value is, and which values it may have.
  package enum Kind: Sendable {
    case flag(Path<Bool>)
    case integer(Path<Int>, ClosedRange<Int>)
    case number(Path<Double>, ClosedRange<Double>)
    case choice(Path<String>, [String])
    /// May be given several times, once for each model of an ensemble.
    case integers(Path<[Int]>, ClosedRange<Int>)
    case numbers(Path<[Double]>, ClosedRange<Double>)
  }

  init(_ name: String, _ kind: Kind, of models: [String], _ help: String) {
    self.name = name
    self.kind = kind
    self.models = models
    self.help = help
  }

  /// Whether it may be given more than once.
  package var isRepeatable: Bool {
    switch kind {
    case .integers, .numbers: true
    default: false
    }
  }

  /// Whether it is on or off, and may be written without a value.
  package var isSwitch: Bool {
    if case .flag = kind { true } else { false }
  }

  /// Its value as the command line would have it: `true`, `64`, `0.5,0.3`.
  package func text(in flags: Hyperparameters) -> String {
    switch kind {
    case .flag(let path): flags[keyPath: path] ? "true" : "false"
    case .integer(let path, _): "\(flags[keyPath: path])"
    case .number(let path, _): "\(flags[keyPath: path])"
    case .choice(let path, _): flags[keyPath: path]
    case .integers(let path, _): flags[keyPath: path].map { "\($0)" }.joined(separator: ",")
    case .numbers(let path, _): flags[keyPath: path].map { "\($0)" }.joined(separator: ",")
    }
  }
}
