import Bytes
import Foundation
import TestSupport
import Testing

@testable import Packaging

/// Unpacking what is in order.
@Suite struct UnpackTests {
  let folder = TemporaryFolder()

  func unpack(
    _ archive: String = "a.tar", existing: AtomicFile.Existing = .refuse, limits: ArchiveLimits = ArchiveLimits()
  ) throws -> [ArchiveMember] {
    try ArchiveUnpacker(folder(archive), into: folder("out"), existing: existing, limits: limits).unpack()
  }

  var unpacked: [String] {
    (FileManager.default.enumerator(atPath: folder("out"))?.compactMap { $0 as? String } ?? []).sorted()
  }

  @Test(arguments: ["gnu", "ustar", "pax", "v7"]) func archivesOfGNUTar(format: String) throws {
    try Programs.shell(
      """
      mkdir -p in/sub; head -c 100000 /dev/urandom > in/data; : > in/empty; echo hi > in/sub/x
      tar --format=\(format) -C in -czf a.tgz .
      """, in: folder)
    let members = try unpack("a.tgz")
    #expect(Set(members.map(\.name)) == ["data", "empty", "sub", "sub/x"])
    #expect(try Programs.shell("diff -r in out", in: folder).status == 0)
    let listing = try ArchiveListing(folder("a.tgz"))
    #expect(listing.members == members)
    #expect(listing.archiveByteCount == contents(folder("a.tgz")).count)
  }

  @Test(arguments: ["gnu", "pax"]) func longAndForeignNames(format: String) throws {
    let long = String(repeating: "layer/", count: 30) + String(repeating: "w", count: 200)
    try Programs.shell(
      """
      mkdir -p "in/$(dirname \(long))"; echo long > in/\(long); echo é > in/modèle-日本
      tar --format=\(format) -C in -cf a.tar .
      """, in: folder)
    #expect(Set(try unpack().filter { !$0.isFolder }.map(\.name)) == [long, "modèle-日本"])
    #expect(try Programs.shell("diff -r in out", in: folder).status == 0)
  }

  @Test func whatWasPackedComesBack() throws {
    let single = fixtures + "/boliu/single1/inference_model_20"
    try Submission(single).write(to: folder("a.tgz"))
    #expect(try unpack("a.tgz").map(\.name) == SubmissionTests.names)
    #expect(contents(folder("out/inference_model.index")) == contents(single + ".index"))
    let listing = try ArchiveListing(folder("a.tgz"))
    #expect(listing.indexMembers.map(\.name) == ["inference_model.index"])
    #expect(listing.indexMembers.first?.contents.array == contents(single + ".index"))
  }

  @Test func modesOfTheArchiveAreIgnored() throws {
    try Programs.shell("echo x > x; chmod 6777 x; tar -cf a.tar x; umask 022", in: folder)
    _ = try unpack()
    let mode = try FileManager.default.attributesOfItem(atPath: folder("out/x"))[.posixPermissions] as? Int
    #expect((mode ?? 0o7777) & 0o7111 == 0)
  }

  @Test func existingFilesStayUnlessForced() throws {
    folder.write(TarBytes().adding("a", [1]).adding("m.index", [2]).adding("z", [3]).ended, "a.tar")
    try Programs.shell("mkdir out; printf old > out/z", in: folder)
    let error = #expect(throws: KernelError.self) { try unpack() }
    #expect(error?.kind == .cannotCreate)
    #expect(unpacked == ["z"])
    #expect(contents(folder("out/z")) == Array("old".utf8))
    _ = try unpack(existing: .replace)
    #expect(unpacked == ["a", "m.index", "z"])
    #expect(contents(folder("out/z")) == [3])
  }

  @Test func linksInTheTargetAreNotFollowed() throws {
    folder.write(TarBytes().adding("sub/x", [1]).ended, "a.tar")
    try Programs.shell("mkdir out elsewhere; ln -s ../elsewhere out/sub", in: folder)
    #expect(throws: KernelError.self) { try unpack(existing: .replace) }
    #expect(try Programs.shell("ls elsewhere", in: folder).output.isEmpty)
  }

  @Test func theArchiveDoesNotReplaceItself() throws {
    try Programs.shell("mkdir out", in: folder)
    folder.write(TarBytes().adding("a.tar", [1]).ended, "out/a.tar")
    #expect(throws: KernelError.self) { try unpack("out/a.tar", existing: .replace) }
    #expect(contents(folder("out/a.tar")).count > 1)
  }

  /// Every system call of writing fails in turn; whatever it is, the folder is as before.
  @Test(arguments: [true, false]) func failingDiskLeavesTheFolderAsItWas(replacing: Bool) throws {
    folder.write(TarBytes().adding("a", [1]).adding("sub/b", [2]).adding("c", [3]).ended, "a.tar")
    if replacing {
      try Programs.shell("mkdir -p out/sub; for f in a sub/b c; do printf old > out/$f; done", in: folder)
    }
    let before = unpacked
    var succeeded = false
    for failing in 0..<100 where !succeeded {
      let calls = FailingCalls(at: failing).calls
      do {
        try ArchiveUnpacker(
          folder("a.tar"), into: folder("out"), existing: .replace, limits: ArchiveLimits(), calls: calls
        ).unpack()
        // What fails after the last name is given (syncing a folder) does not matter.
        succeeded = failing > 20
        if !replacing { try Programs.shell("rm -r out", in: folder) }
        if replacing { try Programs.shell("for f in a sub/b c; do printf old > out/$f; done", in: folder) }
      } catch {
        #expect(error is KernelError)
        #expect(unpacked == before)
        for file in replacing ? ["a", "sub/b", "c"] : [] {
          #expect(contents(folder("out/" + file)) == Array("old".utf8))
        }
      }
    }
    #expect(succeeded)
  }
}

/// System calls of which the n-th fails.
private final class FailingCalls: @unchecked Sendable {
  // Sendable holds because one thread unpacks.
  private var left: Int

  init(at count: Int) { left = count }

  private func fails() -> Bool {
    left -= 1
    guard left == -1 else { return false }
    errno = ENOSPC
    return true
  }

  var calls: SystemCalls {
    var calls = SystemCalls.live
    calls.open = { self.fails() ? -1 : SystemCalls.live.open($0, $1, $2) }
    calls.pwrite = { self.fails() ? -1 : SystemCalls.live.pwrite($0, $1, $2, $3) }
    calls.fsync = { self.fails() ? -1 : SystemCalls.live.fsync($0) }
    calls.link = { self.fails() ? -1 : SystemCalls.live.link($0, $1) }
    calls.rename = { self.fails() ? -1 : SystemCalls.live.rename($0, $1) }
    return calls
  }
}
