import ArgumentParser
import Bytes
import Checkpoints
import Quantization
import Terminal

/// `--transform-type`, `--bits`, `--max-error` and `--target-size`: how each tensor is stored.
struct GoalOptions: ParsableArguments {
  /// The names that the reference gives the ways.
  enum TransformType: String, CaseIterable, ExpressibleByArgument {
    case float16
    case uniform = "quant_uniform"
    case kMeans = "quant_kmeans"
    case quantile = "quant_quantile"

    init?(argument: String) {
      self.init(rawValue: String(argument.map { $0 == "-" ? "_" : $0 }))
    }

    var method: CodebookMethod? {
      switch self {
      case .float16: nil
      case .uniform: .uniform
      case .kMeans: .kMeans
      case .quantile: .quantile
      }
    }
  }

  @Option(
    help: ArgumentHelp(
      """
      float16, quant_uniform (even steps), quant_kmeans (least squared error) or quant_quantile (equally many weights \
      a level). Required, unless --max-error or --target-size is given: then quant_kmeans.
      """, valueName: "type"))
  var transformType: TransformType?

  @Option(help: ArgumentHelp("Bits of a code, 2 to 8 (default: 8); packed when fewer than 8.", valueName: "n"))
  var bits: Int?

  @Option(
    help: ArgumentHelp(
      """
      For each tensor the fewest bytes, as codes of 2 to 8 bits, float16 or float32, with which no weight is off by \
      more than this.
      """,
      valueName: "error"))
  var maxError: Double?

  @Option(
    help: ArgumentHelp(
      """
      Choose bits (or float16, or float32) for each tensor so that the squared error is least and all files take at \
      most this, as 1GB (10^9), 500M or 1GiB: checkpoint, graph and model_flags.json.
      """, valueName: "size"))
  var targetSize: ByteSize?

  func validate() throws {
    if let bits {
      guard (2...8).contains(bits) else { throw ValidationError("--bits must be from 2 to 8, not \(bits)") }
      if transformType == .float16 { throw ValidationError("--bits is not for --transform-type float16") }
      if maxError != nil || targetSize != nil {
        throw ValidationError("--bits is what --max-error and --target-size choose")
      }
    }
    if maxError != nil, targetSize != nil {
      throw ValidationError("--max-error and --target-size exclude each other")
    }
    if let maxError, !(maxError >= 0 && maxError.isFinite) {
      throw ValidationError("--max-error must be a number, 0 or more")
    }
    if transformType == nil, maxError == nil, targetSize == nil {
      throw ValidationError("say how: --transform-type, --max-error or --target-size")
    }
  }

  var goal: Quantization.Goal {
    let method = transformType.map(\.method) ?? .kMeans
    if let maxError { return .maximumError(maxError, method) }
    if let targetSize { return .size(targetSize.bytes, method) }
    return .transform(method.map { .codes($0, bits: bits ?? 8) } ?? .float16)
  }

  /// Whether codebooks may be made by k-means.
  var usesKMeans: Bool { transformType == .kMeans || transformType == nil }
}

/// `--weight` and `--exact`: what k-means is to do.
struct KMeansOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      What quant_kmeans makes small: mse, the squared error; sqrt-density, the squared error weighted by the square \
      root of the density of weights there, which gives the tails fewer levels; or a checkpoint with a non-negative \
      float32 number for each weight, in tensors of the same names and shapes.
      """, valueName: "mse|sqrt-density|path"), completion: .file())
  var weight = "mse"

  @Flag(help: "Let quant_kmeans look at every weight of large tensors too, in place of a fine histogram.")
  var exact = false

  func weighting() throws -> ErrorWeighting {
    switch weight {
    case "mse": .even
    case "sqrt-density", "sqrt_density": .rootDensity
    default: .given(try openCheckpoint(weight))
    }
  }
}
