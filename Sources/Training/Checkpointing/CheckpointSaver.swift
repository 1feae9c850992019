import Bytes
import Checkpoints
import Execution
import Tensors

/// Writes the checkpoints of a training, and removes those that are not to be kept.
///
/// Memory: the writer's; values are written from where they are.
package struct CheckpointSaver: Sendable {
  /// How many of the newest checkpoints stay; 0 keeps all, as the reference does.
  package var keepLast = 0
  /// Those whose step is a multiple of this stay too; 0 for none.
  package var keepEvery = 0
  package var workers: Workers

  package init(workers: Workers) { self.workers = workers }

  /// Writes the checkpoint of a step whole, with its graph and state, or not at all; then the `checkpoint` file names
  /// it and older ones go.
  ///
  /// - Throws: ``KernelError`` `.badData` when a value is not a finite number, so that the last good checkpoint stays
  ///   the newest; `.io` when the disk is full.
  package func save(
    _ values: [(name: String, value: Tensor)], step: Int, _ state: TrainingState, graph: ByteView,
    in folder: TrainingFolder
  ) throws {
    let prefix = folder.prefix(step)
    for (name, value) in values {
      guard try value.isFinite(workers) else {
        throw KernelError(
          .badData, prefix, at: .tensor(name), "has values that are not numbers, so it is not saved",
          hint: "a smaller learning rate may help; the checkpoints before are sound")
      }
    }
    let plan = try OutputPlan(
      values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }.map { name, value in
        let view = value.view
        return PlannedTensor(
          info: TensorInfo(name: TensorName(name), dtype: value.dtype, shape: value.shape, byteCount: view.count),
          content: .bytes(view), placement: .last)
      })
    let companions = [
      CompanionFile(prefix + ".meta", graph), CompanionFile(TrainingState.path(of: prefix), ByteView(state.json)),
    ]
    // What a run that was killed left of the same step may be there.
    try BundleWriter(plan, to: prefix, with: companions, existing: .replace).write(workers)
    try folder.writeState()
    try prune(folder, newest: step)
  }

  private func prune(_ folder: TrainingFolder, newest: Int) throws {
    guard keepLast > 0 else { return }
    let old = try folder.steps.filter { $0 <= newest }.dropLast(keepLast)
    let superfluous = old.filter { keepEvery == 0 || $0 % keepEvery != 0 }
    guard !superfluous.isEmpty else { return }
    for step in superfluous { try folder.remove(step) }
    try folder.writeState()
  }
}

/// When checkpoints are due.
package struct SaveSchedule: Sendable {
  /// After so many steps; 0 for never.
  package var steps = 0
  /// After so many minutes; 0 for never.
  package var minutes = 15.0

  package init() {}

  /// Whether it is time for one.
  ///
  /// - Parameter seconds: since the last one.
  func isDue(step: Int, seconds: Double) -> Bool {
    steps > 0 && step % steps == 0 || minutes > 0 && seconds >= 60 * minutes
  }
}

extension Tensor {
  /// Whether all elements are finite numbers; true of those that are not float32.
  fileprivate func isFinite(_ workers: Workers) throws -> Bool {
    guard dtype == .float32 else { return true }
    return try withElements(Float.self) { elements in
      let blockSize = 1 << 20
      let source = Elements(elements: elements)
      let blocks = try workers.map((elements.count + blockSize - 1) / blockSize) { block in
        // A number times zero is zero, unless it is infinite or none.
        var sum: Float = 0
        for index in block * blockSize..<min((block + 1) * blockSize, source.elements.count) {
          sum += source.elements[index] * 0
        }
        return sum == 0
      }
      return blocks.allSatisfy { $0 }
    }
  }

  /// Read by several threads while the caller waits for them.
  private struct Elements: @unchecked Sendable { let elements: UnsafeBufferPointer<Float> }
}
