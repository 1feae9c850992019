/// What a tensor is for, judged by its name, as the training scripts and TensorFlow's optimizers choose names.
public enum TensorRole: Sendable, Equatable {
  /// A weight, a statistic of batch normalization, anything else that a model needs.
  case model
  /// State of an optimizer: a slot beside a variable (`w/Adam`), or a power (`beta1_power`).
  case optimizer
  /// A moving average of a variable (`w/ExponentialMovingAverage`).
  case shadow
  /// The counter of training steps.
  case globalStep

  /// The role of `name` in a checkpoint that contains all of `names`.
  ///
  /// A slot counts as one only if its variable is there too, so that a model's own tensor called `…/Momentum` is kept.
  public init(of name: TensorName, among names: Set<TensorName>) {
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    let last = parts.last ?? ""
    if last == "global_step" {
      self = .globalStep
    } else if last == ShadowName.suffix {
      self = .shadow
    } else if TensorRole.powers.contains(last) || parts.contains(".OPTIMIZER_SLOT")
      || TensorRole.isKerasState(parts, names)
    {
      self = .optimizer
    } else if parts.count > 1, TensorRole.slots.contains(TensorRole.withoutNumber(last)),
      names.contains(TensorName(parts.dropLast().joined(separator: "/")))
    {
      self = .optimizer
    } else {
      self = .model
    }
  }

  private static let powers: Set<String> = ["beta1_power", "beta2_power"]

  /// Slot names of TensorFlow 1's optimizers and of the 2019 solution's RAdam and BERT optimizers.
  private static let slots: Set<String> = [
    "Adam", "Adagrad", "AdagradDA", "Adadelta", "Ftrl", "Momentum", "RMSProp", "RAdam", "adam_m", "adam_v",
    "gradient_accumulator", "gradient_squared_accumulator",
  ]

  /// Whether a name is `P/_variables/N/…`, `P/_iterations/…` or `P/_learning_rate/…` of a Keras 3 optimizer at P.
  ///
  /// `P/_trainable_variables/N` are the model's own weights: an object graph stores each variable once, under the
  /// first path that leads to it.
  private static func isKerasState(_ parts: [String], _ names: Set<TensorName>) -> Bool {
    guard let own = parts.firstIndex(where: { ["_variables", "_iterations", "_learning_rate"].contains($0) }),
      own > 0,
      parts.contains(".ATTRIBUTES")
    else { return false }
    let optimizer = parts[..<own].joined(separator: "/")
    return names.contains(TensorName(optimizer + "/_iterations/.ATTRIBUTES/VARIABLE_VALUE"))
  }

  /// `Adam_1` without its `_1`.
  private static func withoutNumber(_ name: String) -> String {
    guard let underscore = name.lastIndex(of: "_") else { return name }
    let digits = name[name.index(after: underscore)...]
    return !digits.isEmpty && digits.allSatisfy { $0.isASCII && $0.isNumber } ? String(name[..<underscore]) : name
  }
}

/// The names of moving averages (specs: miha2018 §3 and §12).
public struct ShadowName: Sendable {
  static let suffix = "ExponentialMovingAverage"

  /// A scope that precedes the variable's name again in its shadow's, as in the 2017 code's
  /// `tower/tower/w/ExponentialMovingAverage`; empty for the 2018 code's `tower/w/ExponentialMovingAverage`.
  public let scope: String

  public init(scope: String = "") { self.scope = scope }

  /// The shadow of the variable `name`.
  public func shadow(of name: TensorName) -> TensorName {
    TensorName(
      utf8: (scope.isEmpty ? [] : Array((scope + "/").utf8)) + name.utf8 + Array(("/" + ShadowName.suffix).utf8))
  }

  /// The variable whose shadow `name` is; `nil` for a name that is no shadow.
  public func variable(of name: TensorName) -> TensorName? {
    let tail = Array(("/" + ShadowName.suffix).utf8)
    let head = scope.isEmpty ? [] : Array((scope + "/").utf8)
    guard name.utf8.count > head.count + tail.count, name.utf8.suffix(tail.count).elementsEqual(tail),
      name.utf8.starts(with: head)
    else { return nil }
    return TensorName(utf8: Array(name.utf8.dropFirst(head.count).dropLast(tail.count)))
  }
}
