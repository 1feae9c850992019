import Bytes
import Checkpoints
import Glibc
import Synchronization
import Tensors
import TestSupport
import Testing

/// What is written, and what is left when writing fails.
@Suite struct BundleWriterTests {
  private let folder = TemporaryFolder()

  static let copies = [
    "tf1/dtypes_ref", "tf1/dtypes_res", "tf1/manyblocks", "tf1/part_single-5", "tf1/part_sharded-5", "tf2/dtypes",
    "tf2/sharded_cb", "tf2/keras/ck-1", "tf2/var", "tf2/ds", "boliu/ensemble/inference_model_ensemble_AB-0",
  ]

  /// A copy reproduces TensorFlow's own files byte for byte, on any number of threads.
  @Test(arguments: copies, [1, 3]) func copyIsIdentical(name: String, threads: Int) throws {
    let source = try Bundle(prefix: fixture(name))
    let writer = try BundleWriter(OutputPlan(copying: source), to: folder("copy"), existing: .refuse)
    try writer.write(Workers(threads))
    #expect(contents(folder("copy.index")) == contents(fixture(name + ".index")))
    for shard in 0..<source.index.header.shardCount {
      let copy = Bundle.dataPath(folder("copy"), shard: shard, of: source.index.header.shardCount)
      #expect(contents(copy) == contents(source.dataPath(shard: shard)))
    }
  }

  /// Every system call of writing fails in turn: nothing may be left, and what was there before must be there again,
  /// also when it is the naming of the last file that fails.
  @Test(arguments: [AtomicFile.Existing.refuse, .replace]) func failingCallsLeaveNothing(
    existing: AtomicFile.Existing
  ) throws {
    let source = try Bundle(prefix: fixture("tf1/part_sharded-5"))
    let plan = try OutputPlan(copying: source)
    let paths = try BundleWriter(plan, to: folder("out"), existing: .replace).paths
    let old = existing == .replace ? Array("old".utf8) : []
    var failures = 0
    for failing in 0..<200 {
      for path in paths { if existing == .replace { folder.write(old, Path.name(of: path)) } else { unlink(path) } }
      let calls = FaultyCalls(failing: failing)
      do {
        try BundleWriter(plan, to: folder("out"), existing: existing, calls: calls.calls).write(Workers(1))
        // Some failures do no harm: that of making a folder durable, which not every file system can do.
        if !calls.haveFailed { break }
      } catch let error as KernelError {
        failures += 1
        #expect(error.kind == .io || error.kind == .cannotCreate)
        #expect(folder.names == (existing == .replace ? paths.map { Path.name(of: $0) }.sorted() : []))
        #expect(paths.allSatisfy { contents($0) == old })
      }
    }
    #expect(failures > 15)
    #expect(try Bundle(prefix: folder("out")).tensors == source.tensors)
  }

  /// A link that leads nowhere is a file of the user's all the same.
  @Test func danglingLinksAreNotOverwritten() throws {
    let plan = try OutputPlan(copying: try Bundle(prefix: fixture("tf1/dtypes_ref")))
    symlink("nowhere", folder("m.index"))
    let error = #expect(throws: KernelError.self) {
      try BundleWriter(plan, to: folder("m"), existing: .refuse)
    }
    #expect(error?.kind == .cannotCreate)
    #expect(folder.names == ["m.index"])
    try BundleWriter(plan, to: folder("m"), existing: .replace).write(Workers(1))
    #expect(contents(folder("m.index")) == contents(fixture("tf1/dtypes_ref.index")))
  }

  /// The name that a replacing file has in between must not be longer than its own.
  @Test func longNamesCanBeReplaced() throws {
    let path = folder(String(repeating: "n", count: 250))
    try AtomicFile.write([1], to: path, existing: .refuse)
    try AtomicFile.write([2], to: path, existing: .replace)
    #expect(contents(path) == [2])
  }

  /// A bundle keeps its header under the empty key and slices under keys that begin with NUL.
  @Test(arguments: ["", "\u{0}w"]) func namesThatABundleCannotHold(name: String) throws {
    var tensor = PlannedTensor(copying: TensorRef(try Bundle(prefix: fixture("tf1/dtypes_ref")), 0))
    tensor.info.name = TensorName(name)
    let plan = try OutputPlan([tensor])
    let error = #expect(throws: KernelError.self) { try BundleWriter(plan, to: folder("m"), existing: .refuse) }
    #expect(error?.kind == .usage)
  }

  @Test func shortWritesAndInterruptsAreContinued() throws {
    let source = try Bundle(prefix: fixture("tf1/dtypes_ref"))
    let interrupted = Atomic<Bool>(false)
    var calls = SystemCalls.live
    calls.pwrite = { descriptor, bytes, count, offset in
      if interrupted.exchange(true, ordering: .relaxed) == false {
        errno = EINTR
        return -1
      }
      interrupted.store(false, ordering: .relaxed)
      return SystemCalls.live.pwrite(descriptor, bytes, min(count, 3), offset)
    }
    try BundleWriter(OutputPlan(copying: source), to: folder("out"), existing: .refuse, calls: calls).write(
      Workers(1))
    #expect(contents(folder("out.data-00000-of-00001")) == contents(source.dataPath(shard: 0)))
  }

  @Test func fileSystemsWithoutUnnamedFiles() throws {
    var calls = SystemCalls.live
    calls.open = { path, flags, mode in
      if flags & O_DIRECTORY != 0 {
        errno = EOPNOTSUPP
        return -1
      }
      return SystemCalls.live.open(path, flags, mode)
    }
    let source = try Bundle(prefix: fixture("tf1/dtypes_ref"))
    try BundleWriter(OutputPlan(copying: source), to: folder("out"), existing: .refuse, calls: calls).write(
      Workers(1))
    #expect(folder.names == ["out.data-00000-of-00001", "out.index"])
    #expect(contents(folder("out.index")) == contents(fixture("tf1/dtypes_ref.index")))
  }

  @Test func graphIsCopiedAndFilesOfTheReplacedCheckpointGo() throws {
    let sharded = try Bundle(prefix: fixture("tf1/part_sharded-5"))
    try BundleWriter(OutputPlan(copying: sharded), to: folder("m"), existing: .refuse).write(Workers(2))
    #expect(folder.names.count == 4)
    let graph = fixture("tf1/part_single-5.meta")
    let plan = try OutputPlan(copying: try Bundle(prefix: fixture("tf1/part_single-5")))
    try BundleWriter(plan, to: folder("m"), copyingMeta: graph, existing: .replace).write(Workers(2))
    #expect(folder.names == ["m.data-00000-of-00001", "m.index", "m.meta"])
    #expect(contents(folder("m.meta")) == contents(graph))
  }

  @Test func existingFilesAndImpossibleFoldersAreRefusedBeforeAnyWork() throws {
    let plan = try OutputPlan(copying: try Bundle(prefix: fixture("tf1/dtypes_ref")))
    folder.write([], "there.index")
    let exists = #expect(throws: KernelError.self) {
      try BundleWriter(plan, to: folder("there"), existing: .refuse)
    }
    #expect(exists?.kind == .cannotCreate)
    #expect(throws: KernelError.self) { try BundleWriter(plan, to: folder("no/such/m"), existing: .replace) }
    #expect(throws: KernelError.self) { try BundleWriter(plan, to: folder(""), existing: .replace) }
  }

  /// Output equal to input, also through a link, must not destroy what is being read.
  @Test func replacingTheInputIsSafe() throws {
    for suffix in [".index", ".data-00000-of-00001"] {
      folder.write(contents(fixture("tf1/dtypes_ref" + suffix)), "m" + suffix)
      symlink("m" + suffix, folder("link" + suffix))
    }
    let source = try Bundle(prefix: folder("m"))
    try BundleWriter(OutputPlan(copying: source), to: folder("link"), existing: .replace).write(Workers(2))
    try BundleWriter(OutputPlan(copying: source), to: folder("m"), existing: .replace).write(Workers(2))
    for name in ["m", "link"] {
      #expect(contents(folder(name + ".index")) == contents(fixture("tf1/dtypes_ref.index")))
      #expect(
        contents(folder(name + ".data-00000-of-00001")) == contents(fixture("tf1/dtypes_ref.data-00000-of-00001")))
    }
  }
}

/// System calls of which one, by number, fails with ENOSPC or EIO.
private final class FaultyCalls: Sendable {
  private let count = Atomic<Int>(0)
  private let failing: Int

  init(failing: Int) { self.failing = failing }

  /// Whether the writer got as far as the call that fails.
  var haveFailed: Bool { count.load(ordering: .relaxed) > failing }

  private var fails: Bool {
    guard count.wrappingAdd(1, ordering: .relaxed).oldValue == failing else { return false }
    errno = failing % 2 == 0 ? ENOSPC : EIO
    return true
  }

  var calls: SystemCalls {
    let live = SystemCalls.live
    return SystemCalls(
      open: { self.fails ? -1 : live.open($0, $1, $2) },
      pwrite: { self.fails ? -1 : live.pwrite($0, $1, $2, $3) },
      fsync: { self.fails ? -1 : live.fsync($0) },
      link: { self.fails ? -1 : live.link($0, $1) },
      rename: { self.fails ? -1 : live.rename($0, $1) })
  }
}
