import Bytes
import Foundation
import TestSupport
import Testing

@testable import Packaging

/// What `pack` makes, judged by the system's `tar` and `gzip`.
@Suite struct SubmissionTests {
  let folder = TemporaryFolder()
  let single = fixtures + "/boliu/single1/inference_model_20"

  static let names = [
    "inference_model.data-00000-of-00001", "inference_model.index", "inference_model.meta", "model_flags.json",
  ]

  func options(_ change: (inout Submission.Options) -> Void) -> Submission.Options {
    var options = Submission.Options()
    change(&options)
    return options
  }

  func writing(_ change: (inout Submission.WriteOptions) -> Void) -> Submission.WriteOptions {
    var options = Submission.WriteOptions()
    change(&options)
    return options
  }

  @Test(arguments: ["a.tgz", "a.tar.gz", "a.tar"]) func tarSeesTheFourFilesAtTheRoot(name: String) throws {
    let size = try Submission(single).write(to: folder(name))
    #expect(size == contents(folder(name)).count)
    let list = try Programs.shell("tar -tvf \(name) --full-time --numeric-owner", in: folder)
    let lines = list.text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(lines.map { $0.last ?? "" } == SubmissionTests.names)
    for line in lines {
      #expect(Array(line[0...1] + line[3...4]) == ["-rw-r--r--", "0/0", "1970-01-01", "00:00:00"])
    }
    try Programs.shell("tar -xf \(name)", in: folder)
    for (member, file) in zip(SubmissionTests.names, ["data-00000-of-00001", "index", "meta"]) {
      #expect(contents(folder(member)) == contents("\(single).\(file)"))
    }
    #expect(contents(folder("model_flags.json")) == contents(fixtures + "/boliu/single1/model_flags.json"))
  }

  @Test func plainArchiveHasTheAnnouncedSize() throws {
    let submission = try Submission(single)
    #expect(try submission.write(to: folder("a.tar")) == submission.tarByteCount)
  }

  @Test func anyNameOfTheCheckpointMeansTheSame() throws {
    try Submission(single).write(to: folder("a.tgz"))
    for suffix in [".index", ".meta", ".data-00000-of-00001"] {
      try Submission(single + suffix).write(to: folder("b.tgz"), options: writing { $0.existing = .replace })
      #expect(contents(folder("b.tgz")) == contents(folder("a.tgz")))
    }
  }

  @Test(arguments: 0...9) func sameBytesOnAnyNumberOfThreads(level: Int) throws {
    var archives: Set<[UInt8]> = []
    for threads in [1, 2, 5] {
      try Submission(single).write(
        to: folder("\(threads).tgz"),
        options: writing {
          $0.workers = Workers(threads)
          $0.level = GzipLevel(level) ?? .standard
        })
      archives.insert(contents(folder("\(threads).tgz")))
    }
    #expect(archives.count == 1)
    #expect(try Programs.shell("gzip -t 1.tgz", in: folder).status == 0)
  }

  @Test func baseNameAndStateMember() throws {
    let submission = try Submission(
      single,
      options {
        $0.baseName = "model.ckpt"
        $0.includesState = true
      })
    try submission.write(to: folder("a.tgz"))
    let state = try Programs.shell("tar -xOf a.tgz checkpoint", in: folder).text
    #expect(
      state == "model_checkpoint_path: \"model.ckpt\"\nall_model_checkpoint_paths: \"model.ckpt\"\n")
    #expect(submission.members.first?.name == "model.ckpt.data-00000-of-00001")
    #expect(submission.members.last?.name == "checkpoint")
  }

  @Test(arguments: ["", "a/b", "..", "/etc/passwd", "a\nb"]) func impossibleBaseNames(name: String) {
    #expect(throws: KernelError.self) { try Submission(single, options { $0.baseName = name }) }
  }

  @Test func missingGraphAndFlagsMustBeAllowed() throws {
    let bare = fixtures + "/boliu/average/model.ckpt-10"
    let error = #expect(throws: KernelError.self) { try Submission(bare) }
    #expect(error?.kind == .noInput)
    #expect(error?.hint?.contains("--allow-missing") == true)
    let submission = try Submission(bare, options { $0.allowsMissing = true })
    #expect(submission.members.map(\.name) == Array(SubmissionTests.names.prefix(2)))
    #expect(submission.missing == Array(SubmissionTests.names.suffix(2)))
  }

  @Test func flagsThatAreNamedMustExist() throws {
    let flags = folder.write(Array("{}".utf8), "other.json")
    let submission = try Submission(single, options { $0.flagsPath = flags })
    #expect(submission.members.last?.name == "model_flags.json")
    #expect(submission.members.last?.byteCount == 2)
    #expect(throws: KernelError.self) {
      try Submission(
        single,
        options {
          $0.flagsPath = folder("absent.json")
          $0.allowsMissing = true
        })
    }
  }

  @Test func shardsAreRefusedWithTheRemedy() throws {
    let error = #expect(throws: KernelError.self) {
      try Submission(fixtures + "/tf1/part_sharded-5", options { $0.allowsMissing = true })
    }
    #expect(error?.hint?.contains("ckpt-tool reshard 1 ") == true)
  }

  @Test func otherFormatsAreRefused() throws {
    let error = #expect(throws: KernelError.self) { try Submission(fixtures + "/tf1/v1.ckpt") }
    #expect(error?.hint?.contains("ckpt-tool convert") == true)
  }

  @Test func dataTooShortForItsIndex() throws {
    folder.write(contents(single + ".index"), "m.index")
    folder.write(Array(contents(single + ".data-00000-of-00001").dropLast()), "m.data-00000-of-00001")
    let error = #expect(throws: KernelError.self) {
      try Submission(folder("m"), options { $0.allowsMissing = true })
    }
    #expect(error?.kind == .badData)
  }

  @Test(arguments: ["a.tgz", "a.tar"]) func limitLeavesNothing(name: String) throws {
    let submission = try Submission(single)
    let size = try submission.write(to: folder("whole-" + name))
    let error = #expect(throws: KernelError.self) {
      try submission.write(to: folder(name), options: writing { $0.limit = size - 1 })
    }
    #expect(error?.problem == "the archive would have \(size) bytes, over the limit of \(size - 1)")
    #expect(folder.names == ["whole-" + name])
    try submission.write(to: folder(name), options: writing { $0.limit = size })
    #expect(contents(folder(name)) == contents(folder("whole-" + name)))
  }

  @Test func nothingIsReplacedUnasked() throws {
    folder.write([1], "a.tgz")
    #expect(throws: KernelError.self) { try Submission(single).write(to: folder("a.tgz")) }
    #expect(contents(folder("a.tgz")) == [1])
    try Submission(single).write(to: folder("a.tgz"), options: writing { $0.existing = .replace })
    #expect(contents(folder("a.tgz")).count > 1000)
  }

  @Test func endingDecidesTheFormat() throws {
    for name in ["a.zip", "a", "a.gz", "tgz"] {
      #expect(throws: KernelError.self) { try Submission(single).write(to: folder(name)) }
    }
    #expect(folder.names.isEmpty)
  }

  @Test func inputIsNeverTheOutput() throws {
    for suffix in ["index", "data-00000-of-00001"] {
      folder.write(contents("\(single).\(suffix)"), "m.\(suffix)")
    }
    let flags = folder.write([0x7b, 0x7d], "flags.tar")
    let submission = try Submission(
      folder("m"),
      options {
        $0.allowsMissing = true
        $0.flagsPath = flags
      })
    try FileManager.default.createSymbolicLink(atPath: folder("link.tar"), withDestinationPath: flags)
    for name in ["flags.tar", "link.tar"] {
      #expect(throws: KernelError.self) {
        try submission.write(to: folder(name), options: writing { $0.existing = .replace })
      }
    }
    #expect(contents(flags) == [0x7b, 0x7d])
  }
}

/// Headers that a test archive of real size would be too large for.
@Suite struct TarWriterTests {
  private final class Memory: ByteSink {
    var bytes: [UInt8] = []
    func write(_ bytes: UnsafeRawBufferPointer) { self.bytes += bytes }
  }

  /// ustar's eleven octal digits end at 8 GiB; from there a pax header says the size.
  @Test(arguments: [(8 << 30) - 1, 8 << 30, 1 << 40]) func sizesBeyondUstar(size: Int) throws {
    let folder = TemporaryFolder()
    let memory = Memory()
    let writer = try TarWriter(into: memory)
    try writer.begin("big.data-00000-of-00001", byteCount: size)
    folder.write(memory.bytes, "big.tar")
    let list = try Programs.shell("tar -tvf big.tar 2>/dev/null || true", in: folder).text
    #expect(list.split(separator: " ").dropFirst(2).first == "\(size)")
    #expect(memory.bytes.count == (size < 8 << 30 ? 512 : 1536))
  }
}
