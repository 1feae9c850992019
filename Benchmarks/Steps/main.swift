import Bytes
import Execution
import Glibc
import Graphs

// benchmark-steps META RUNS TARGET…: runs the graph's node `init`, then each target that many times, and prints for each
// the seconds of its fastest run.

let arguments = CommandLine.arguments
guard arguments.count >= 4, let runs = Int(arguments[2]) else {
  print("usage: benchmark-steps META RUNS TARGET…")
  exit(64)
}
let session = try Session(try MetaGraph(reading: arguments[1]), path: arguments[1], seed: 1)
_ = try session.run([], targets: ["init"])
let clock = ContinuousClock()
for target in arguments[3...] {
  // The first run makes the plan, and touches memory.
  _ = try session.run([], targets: [target])
  let best = try (0..<max(1, runs)).map { _ in
    // What depends on variables alone would be kept from the last time.
    session.forgetPlans()
    let start = clock.now
    _ = try session.run([], targets: [target])
    return clock.now - start
  }.min()
  let (seconds, attoseconds) = best?.components ?? (0, 0)
  print(target, Double(seconds) + Double(attoseconds) * 1e-18)
}
