import Bytes
import Checkpoints
import Execution
import Foundation
import Graphs
import TestSupport
import Tensors
import Testing

@testable import Training

/// A training run of the programs of 2018's first place, of Google's starter code or of 2019's ninth place in
/// TensorFlow 1.15: three steps or more, with all that was computed.
struct TrainingCase {
  let folder: String
  let facts: Facts
  let arrays: any TensorSource

  /// What `case.json` says.
  struct Facts: Decodable {
    struct Train: Decodable {
      var rate: Float
      var decay: Float
      var period: Float
      var batchSize: Int
      var clipNorm: Float
      var penalty: Float
      var loss: String?
      var optimizer: String?
      var steps: Int?

      enum CodingKeys: String, CodingKey {
        case optimizer, steps
        case rate = "base_learning_rate"
        case decay = "learning_rate_decay"
        case period = "learning_rate_decay_examples"
        case batchSize = "batch_size"
        case clipNorm = "clip_gradient_norm"
        case penalty = "regularization_penalty"
        case loss = "label_loss"
      }
    }
    var model: String
    var flags: [String: FlagValue]
    var train: Train
    var level: String
    var featureSizes: [Int]
    var frameLimit: Int?
    var averageDecay: Float?
    var teacherWeight: Float?
    /// `tm` of the ninth place's.
    var repo: String?

    enum CodingKeys: String, CodingKey {
      case model, flags, train, level, repo
      case featureSizes = "feature_sizes"
      case frameLimit = "max_frames"
      case averageDecay = "ema_decay"
      case teacherWeight = "loss_lambda"
    }
  }

  /// A flag as the command line would have it.
  struct FlagValue: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let bool = try? value.decode(Bool.self) {
        text = bool ? "True" : "False"
      } else if let int = try? value.decode(Int.self) {
        text = "\(int)"
      } else if let number = try? value.decode(Double.self) {
        text = "\(number)"
      } else {
        text = try value.decode(String.self)
      }
    }
  }

  static let all = ((try? FileManager.default.contentsOfDirectory(atPath: fixture("training"))) ?? [])
    .filter { !$0.contains(".") }.sorted()

  init(_ name: String) throws {
    folder = fixture("training/" + name)
    facts = try JSONDecoder().decode(
      Facts.self, from: Data(contentsOf: URL(fileURLWithPath: folder + "/case.json")))
    arrays = try openCheckpoint(folder + "/io.npz")
  }

  func checkpoint(_ name: String) throws -> any TensorSource { try openCheckpoint(folder + "/" + name) }

  /// The graph that the run is made of.
  func graph() throws -> TrainingGraph {
    var recipe = TrainingRecipe()
    recipe.baseLearningRate = facts.train.rate
    recipe.learningRateDecay = facts.train.decay
    recipe.decayExamples = facts.train.period
    recipe.batchSize = facts.train.batchSize
    recipe.clipNorm = facts.train.clipNorm
    recipe.regularizationPenalty = facts.train.penalty
    recipe.optimizer = try #require(Optimizer(rawValue: facts.train.optimizer ?? "AdamOptimizer"))
    if let custom = facts.flags["custom_optimizer"]?.text {
      recipe.optimizer = try #require(Optimizer.custom[custom])
      // The reference's programs never count the steps of this one, so that its rate stays what it is.
      recipe.fallsLinearly = custom == "bert"
      if !countsSteps { recipe.decayExamples = 1e30 }
    }
    recipe.averageDecay = facts.averageDecay
    if let weight = facts.teacherWeight {
      recipe.loss = .distillation(teacher: weight)
    } else {
      recipe.loss = try #require(TrainingLoss.named[facts.train.loss ?? "CrossEntropyLoss"])
    }
    let model = try Zoo.model(named: facts.model)
    let labels = try arrays.tensor("labels")
    let videos = VideoShape(
      featureSizes: facts.featureSizes, frameLimit: facts.level == "frame" ? facts.frameLimit : nil,
      classCount: labels.shape.dimensions[2])
    return try TrainingGraph(model, hyperparameters(), videos, recipe, seed: 1)
  }

  private func hyperparameters() throws -> Hyperparameters {
    var flags = Hyperparameters(facts.repo.flatMap(Lineage.init(rawValue:)) ?? .miha)
    for (name, value) in facts.flags where name != "custom_optimizer" {
      if name == "bert_config_file" {
        try flags.read(bertConfiguration: fixture("zoo2019/" + value.text))
      } else {
        try flags.set(name, [value.text])
      }
    }
    return flags
  }

  /// Whether the reference counted its steps.
  var countsSteps: Bool { facts.flags["custom_optimizer"]?.text != "bert" }

  /// What follows a variable's name in that of the average of its gradient's squares.
  var squares: String {
    switch facts.flags["custom_optimizer"]?.text {
    case "radam": "/RAdam_1"
    case "bert": "/adam_v"
    default: "/Adam_1"
    }
  }

  /// How many steps were made.
  var steps: Int { facts.train.steps ?? 3 }

  func batch(_ step: Int) throws -> TrainingSession.Batch {
    let labels = try arrays.tensor("labels").row(step)
    let features = try arrays.tensor(arrays.has("video_matrix") ? "video_matrix" : "input_batch_raw").row(step)
    let marks =
      labels.dtype == .float32
      ? labels.array(of: Float.self).map { $0 > 0 ? UInt8(1) : 0 } : labels.array(of: UInt8.self)
    let videos = labels.shape.dimensions[0]
    let shape = try #require(Shape([videos]))
    let ones = try #require(Tensor(Array(repeating: Int32(1), count: videos), shape))
    return TrainingSession.Batch(
      features: features,
      frameCounts: try facts.level == "frame" ? arrays.tensor("num_frames").row(step) : ones,
      labels: try Tensor(.bool, labels.shape, bytes: ByteView(marks)),
      teacher: try? arrays.tensor("teacher_predictions").row(step))
  }

  /// How far weights may be from TensorFlow's.
  ///
  /// A Fisher vector divides by the squares of its spreads, so that rounding grows from step to step.
  func tolerance(after steps: Float) -> Float { facts.model == "NetFVModelLF" && steps > 1 ? 5e-5 : 2e-6 }
}
