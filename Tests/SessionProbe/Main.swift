import Bytes
import Checkpoints
import Execution
import Glibc
import Graphs
import Tensors

/// Runs an exported model for a test that wants to see what it predicts.
///
///     session-probe MODEL INPUTS.npz OUTPUT.npy [SEED [RUNS]]
///
/// Feeds the tensors of the collections `input_batch_raw` and `num_frames` with the arrays of those names and writes
/// the predictions. Asked for several runs, it prints how long each took and which operators the time went to.
@main enum Main {
  static func main() {
    do { try run(Array(CommandLine.arguments.dropFirst())) } catch {
      let line = Array("session-probe: \(error)\n".utf8)
      _ = Glibc.write(2, line, line.count)
      exit(65)
    }
  }

  private static func run(_ arguments: [String]) throws {
    guard arguments.count >= 3 else { throw KernelError(.usage, "", "MODEL INPUTS.npz OUTPUT.npy [SEED]") }
    let meta = try MetaGraph(reading: arguments[0] + ".meta")
    let session = try Session(
      meta, path: arguments[0] + ".meta", checkpoint: try openCheckpoint(arguments[0]),
      seed: arguments.count > 3 ? UInt64(arguments[3]) : nil)
    let inputs = try openCheckpoint(arguments[1])
    var feeds: [Endpoint: Tensor] = [:]
    for name in ["input_batch_raw", "num_frames"] {
      guard let index = inputs.index(of: TensorName(name)) else { continue }
      let info = inputs.tensors[index]
      feeds[try endpoint(name, meta)] = try Tensor(
        info.dtype, info.shape, bytes: try inputs.contents(of: index).bytes)
    }
    let result = try session.run([try endpoint("predictions", meta)], feeding: feeds)[0]
    if arguments.count > 4, let runs = Int(arguments[4]) {
      session.profile = Profile()
      for _ in 0..<runs {
        let start = ContinuousClock.now
        _ = try session.run([try endpoint("predictions", meta)], feeding: feeds)
        print(ContinuousClock.now - start)
      }
      for entry in session.profile?.entries ?? [] {
        print(entry.op, entry.calls, entry.seconds, entry.processorSeconds, separator: "\t")
      }
    }
    let header = NpyHeader.bytes(of: result.dtype, shape: result.shape) ?? []
    let bytes = result.withElements(Float.self) { [UInt8](UnsafeRawBufferPointer($0)) }
    try AtomicFile.write(header + bytes, to: arguments[2], existing: .replace)
  }

  private static func endpoint(_ collection: String, _ meta: MetaGraph) throws -> Endpoint {
    guard case .names(let names) = meta.collections[collection], let first = names.first,
      let endpoint = Endpoint(parsing: first)
    else { throw KernelError(.badData, "", "no collection \(collection)") }
    return endpoint
  }
}
