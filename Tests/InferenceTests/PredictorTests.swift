import Bytes
import Checkpoints
import Execution
import Graphs
import Inference
import Records
import Tensors
import TestSupport
import Testing

struct PredictorTests {
  private let files = ["records/tm/test00.tfrecord", "records/tm/validate0000.tfrecord"].map(fixture)

  /// The graph by hand, on all videos at once.
  @Test(arguments: [
    ("graphs/netvlad_gated_probgating", 9), ("graphs/lstm2", 4), ("graphs/attention_frames_v0", 1),
    ("ensembles/nested", 99), ("quantized/netvlad_gated_probgating_quant_kmeans", 5),
  ])
  func rowsAreWhatTheSessionGives(name: String, batchSize: Int) throws {
    let model = try tinyModel(name)
    let session = try Session(model.meta, path: "", checkpoint: model.checkpoint)
    var features: [Float] = []
    var counts: [Int32] = []
    try RecordScan(files, Workers(1)).forEachSlice { slice in
      try slice.forEach { record in
        var row = [Float](repeating: 0, count: 20 * 32)
        let count = try row.withUnsafeMutableBufferPointer {
          try Video(record.payload).read(model.schema, into: $0)
        }
        features += row
        counts.append(Int32(count))
      }
    }
    let shape = try #require(Shape([counts.count, 20, 32]))
    let vector = try #require(Shape([counts.count]))
    let frameCounts = try #require(model.frameCounts)
    let feeds = [
      model.input: try #require(Tensor(features, shape)), frameCounts: try #require(Tensor(counts, vector)),
    ]
    let scores = try session.run([model.predictions], feeding: feeds)[0].array(of: Float.self)
    let lines = try predicted(run(model, files, topK: 12, batchSize: batchSize)).dropFirst()
    #expect(lines.count == counts.count && scores.count == 12 * counts.count)
    for (video, line) in lines.enumerated() {
      let words = line.drop { $0 != "," }.dropFirst().split(separator: " ")
      #expect(words.count == 24)
      for place in stride(from: 0, to: words.count, by: 2) {
        let score = try #require(Float(words[place + 1]))
        let label = try #require(Int(words[place]))
        #expect(abs(score - scores[12 * video + label]) < 2e-6)
      }
    }
  }

  @Test func videoLevelModelsTakeVideoLevelRecords() throws {
    let lines = try predicted(
      run(tinyModel("graphs/video_moe"), [fixture("records/tm/videolevel00.tfrecord")], topK: 99))
    #expect(lines.count > 1)
    // As many pairs as the model has classes.
    #expect(lines.dropFirst().allSatisfy { $0.split(separator: " ").count == 24 })
  }

  @Test(arguments: [1, 3]) func threadsChangeNothing(threads: Int) throws {
    let model = try tinyModel("graphs/lstmbidirect_logistic")
    #expect(try predicted(run(model, files, threads: threads)) == predicted(run(model, files, threads: 2)))
  }

  @Test func aSeedRepeatsAndRoundsAverage() throws {
    let model = try tinyModel("graphs/random_frames_noseed")
    let first = try predicted(run(model, files, seed: 5))
    #expect(try predicted(run(model, files, seed: 5)) == first)
    #expect(try predicted(run(model, files, seed: 6)) != first)
    // The mean of many draws depends less on them than a single one does.
    func spread(_ rounds: Int) throws -> Float {
      let scores = try [1, 2].map { seed in
        try predicted(run(model, files, topK: 12, rounds: rounds, seed: seed)).dropFirst().flatMap { row in
          let words = row.drop { $0 != "," }.dropFirst().split(separator: " ")
          let pairs = stride(from: 0, to: words.count, by: 2).map {
            (Int(words[$0]) ?? 0, Float(words[$0 + 1]) ?? 0)
          }
          return pairs.sorted { $0.0 < $1.0 }.map(\.1)
        }
      }
      return zip(scores[0], scores[1]).reduce(0) { $0 + abs($1.0 - $1.1) }
    }
    #expect(try spread(30) < spread(1) / 2)
  }

  @Test func scoresThatAreNoNumbersAreRefused() throws {
    var model = try tinyModel("graphs/video_logistic")
    _ = model
    let folder = TemporaryFolder()
    var meta = model.meta
    var nodes = meta.graph.nodes
    nodes.append(Node("broken", "Log", of: [model.predictions], attributes: ["T": .type(TypeCode(.float32))]))
    nodes.append(Node("worse", "Log", of: [Endpoint("broken")], attributes: ["T": .type(TypeCode(.float32))]))
    meta.graph = try Graph(nodes)
    meta.collections["predictions"] = .names(["worse:0"])
    for file in ["inference_model.index", "inference_model.data-00000-of-00001", "model_flags.json"] {
      folder.write(contents(fixture("models/graphs/video_logistic/" + file)), file)
    }
    try meta.write(to: folder("inference_model.meta"))
    model = try ExportedModel(folder("inference_model"))
    let text = complaint { _ = try predicted(run(model, [fixture("records/tm/videolevel00.tfrecord")])) }
    #expect(text.contains("record 0 (video ") && text.hasSuffix("): the model gives nan for class 0"))
  }

  @Test func missingWeightsAreNamed() throws {
    let folder = TemporaryFolder()
    for file in ["inference_model.meta", "model_flags.json"] {
      folder.write(contents(fixture("models/graphs/video_logistic/" + file)), file)
    }
    for file in ["inference_model.index", "inference_model.data-00000-of-00001"] {
      folder.write(contents(fixture("models/graphs/video_moe/" + file)), file)
    }
    let model = try ExportedModel(folder("inference_model"))
    let text = complaint { _ = try predicted(run(model, [fixture("records/tm/videolevel00.tfrecord")])) }
    #expect(
      text.contains("tensor tower/fully_connected/") && text.contains("does not exist, but the graph reads it"))
  }

  @Test func theOutputMustBeScoresOfVideos() throws {
    let folder = TemporaryFolder()
    for file in ["inference_model.index", "inference_model.data-00000-of-00001", "model_flags.json"] {
      folder.write(contents(fixture("models/graphs/video_logistic/" + file)), file)
    }
    var meta = try MetaGraph(reading: fixture("models/graphs/video_logistic/inference_model.meta"))
    meta.collections["predictions"] = meta.collections["loss"]
    meta.collections["predictions"] = .names(["xnum_frames:0"])
    try meta.write(to: folder("inference_model.meta"))
    let model = try ExportedModel(folder("inference_model"))
    let text = complaint { _ = try predicted(run(model, [fixture("records/tm/videolevel00.tfrecord")])) }
    #expect(text.contains("node xnum_frames: gives float32 ["))
  }
}
