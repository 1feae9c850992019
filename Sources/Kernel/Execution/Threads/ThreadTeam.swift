import Bytes
import CKernel
import Glibc
import Synchronization

/// Threads that stay, so that even a loop of some microseconds is worth sharing.
///
/// Work is cut into pieces by the caller, the same whatever the number of threads, and a piece never depends on
/// another: results do not depend on how many threads there are, nor on which of them does what. The caller's thread
/// must take denormal numbers for zero, as the others do.
package final class ThreadTeam: Sendable {
  package let count: Int
  private let state: State

  /// `workers.count` threads, the caller's own among them.
  package init(_ workers: Workers) {
    count = workers.count
    state = State()
    for _ in 1..<max(1, count) {
      var thread = pthread_t()
      let handle = Unmanaged.passRetained(state)
      let status = pthread_create(
        &thread, nil,
        {
          let state = Unmanaged<State>.fromOpaque($0!).takeRetainedValue()
          _ = ck_flush_denormals()
          state.serve()
          return nil
        }, handle.toOpaque())
      // Fewer threads than asked for only cost time.
      if status == 0 { pthread_detach(thread) } else { handle.release() }
    }
  }

  deinit { state.end() }

  /// Calls `body` for every number below `pieces`, on all threads, and returns when all calls have.
  ///
  /// Not to be called from within a body, nor from two threads at once.
  package func run(_ pieces: Int, _ body: (Int) -> Void) {
    guard pieces > 1, count > 1 else {
      for piece in 0..<max(0, pieces) { body(piece) }
      return
    }
    withoutActuallyEscaping(body) { body in state.share(Job(pieces: pieces, body: body)) }
  }

  /// Calls `body` with consecutive parts of `0..<total`, each of `grain` but the last, on all threads.
  package func split(_ total: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let grain = max(1, grain)
    guard total > grain else {
      if total > 0 { body(0..<total) }
      return
    }
    run((total - 1) / grain + 1) { piece in body(piece * grain..<min(total, (piece + 1) * grain)) }
  }
}

/// One loop to be shared.
private final class Job: @unchecked Sendable {
  // `body` is only called while the caller of `run` waits for it, as if from that thread, and taken out before it
  // returns: the closure lives on the caller's stack.
  let pieces: Int
  var body: ((Int) -> Void)?
  let next = Atomic<Int>(0)
  let done = Atomic<Int>(0)

  init(pieces: Int, body: @escaping (Int) -> Void) {
    self.pieces = pieces
    self.body = body
  }

  func drain() {
    guard let body else { return }
    while true {
      let piece = next.wrappingAdd(1, ordering: .acquiring).oldValue
      guard piece < pieces else { return }
      body(piece)
      done.wrappingAdd(1, ordering: .releasing)
    }
  }
}

/// What the threads wait for.
private final class State: @unchecked Sendable {
  // Guarded by the mutex, but for `generation`, which may be looked at any time.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let generation = Atomic<Int>(0)
  private var job: Job?
  private var helpers = 0
  private var isEnding = false

  /// How long a thread looks for the next loop before it sleeps: loops of one graph follow each other closely.
  private static let spins = 4000

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wake, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(wake)
    mutex.deallocate()
    wake.deallocate()
  }

  func share(_ new: Job) {
    pthread_mutex_lock(mutex)
    job = new
    generation.wrappingAdd(1, ordering: .releasing)
    pthread_cond_broadcast(wake)
    pthread_mutex_unlock(mutex)
    new.drain()
    while new.done.load(ordering: .acquiring) < new.pieces { sched_yield() }
    pthread_mutex_lock(mutex)
    job = nil
    while helpers > 0 {
      pthread_mutex_unlock(mutex)
      sched_yield()
      pthread_mutex_lock(mutex)
    }
    new.body = nil
    pthread_mutex_unlock(mutex)
  }

  func serve() {
    var seen = 0
    while true {
      var spins = 0
      while generation.load(ordering: .relaxed) == seen, spins < State.spins { spins += 1 }
      pthread_mutex_lock(mutex)
      while generation.load(ordering: .relaxed) == seen, !isEnding { pthread_cond_wait(wake, mutex) }
      seen = generation.load(ordering: .relaxed)
      guard !isEnding else {
        pthread_mutex_unlock(mutex)
        return
      }
      let current = job
      if current != nil { helpers += 1 }
      pthread_mutex_unlock(mutex)
      if let current {
        current.drain()
        pthread_mutex_lock(mutex)
        helpers -= 1
        pthread_mutex_unlock(mutex)
      }
    }
  }

  func end() {
    pthread_mutex_lock(mutex)
    isEnding = true
    pthread_cond_broadcast(wake)
    pthread_mutex_unlock(mutex)
  }
}
