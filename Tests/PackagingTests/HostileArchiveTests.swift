import Bytes
import Foundation
import TestSupport
import Testing

@testable import Packaging

/// Archives made to do harm, or harmed: each is refused, and nothing of it stays.
@Suite struct HostileArchiveTests {
  let folder = TemporaryFolder()

  /// Unpacks `bytes` and expects a refusal that leaves the folder as it was.
  @discardableResult
  func refuse(
    _ bytes: [UInt8], limits: ArchiveLimits = ArchiveLimits(), _ location: SourceLocation = #_sourceLocation
  ) throws -> KernelError? {
    folder.write(bytes, "a.tar")
    let before = folder.names
    let error = #expect(throws: KernelError.self, sourceLocation: location) {
      try ArchiveUnpacker(folder("a.tar"), into: folder("out"), limits: limits).unpack()
    }
    #expect(folder.names == before, sourceLocation: location)
    #expect(throws: KernelError.self, sourceLocation: location) {
      try ArchiveListing(folder("a.tar"), limits: limits)
    }
    return error
  }

  static let good = TarBytes().adding("inference_model.index", [1, 2, 3])

  /// CVE-2007-4559 (python's tarfile): members above or outside the folder.
  @Test(arguments: [
    "../../etc/x", "..", "a/../../x", "a/b/../../../x", "./../x", "/etc/x", "//etc/x", "/", "a/..",
  ])
  func namesThatLeaveTheFolder(name: String) throws {
    let error = try refuse(HostileArchiveTests.good.adding(name, [1]).ended)
    #expect(error?.kind == .badData)
    #expect(error?.place == .member(name))
  }

  @Test(arguments: ["a\nb", "a\u{1b}[2Jb", "a\u{7f}", "a\u{85}b", "a\u{202e}b", "a\u{2028}b", "\r"])
  func namesWithControlCharacters(name: String) throws {
    try refuse(TarBytes().adding(name, [1]).ended)
  }

  @Test func namesThatAreNotUTF8() throws {
    var bytes = TarBytes().adding("model", [1]).ended
    // 0xff in the name, and what that adds to the checksum.
    bytes.replaceSubrange(0..<1, with: [0xff])
    let sum = bytes[..<512].enumerated().reduce(0) { $0 + (148..<156 ~= $1.offset ? 32 : Int($1.element)) }
    let digits = String(sum, radix: 8)
    bytes.replaceSubrange(148..<154, with: Array((String(repeating: "0", count: 6 - digits.count) + digits).utf8))
    #expect(try refuse(bytes)?.problem.contains("UTF-8") == true)
  }

  /// Hard and symbolic links, devices, named pipes.
  @Test(arguments: ["1", "2", "3", "4", "6"] as [Character]) func kindsOtherThanFiles(type: Character) throws {
    for link in ["x", "/etc/passwd", "../../etc/passwd", "inference_model.index"] {
      try refuse(HostileArchiveTests.good.adding("m", type: type, link: link).ended)
    }
  }

  /// The ways around libarchive's own checks: a link made first, then a file written through it.
  @Test func filesThroughLinks() throws {
    let links: [(type: Character, target: String)] = [("2", "/tmp"), ("2", ".."), ("1", "/tmp"), ("2", "out/..")]
    for (type, target) in links {
      try refuse(TarBytes().adding("sub", type: type, link: target).adding("sub/x", [1]).ended)
      try refuse(TarBytes().adding("sub/", type: "5").adding("sub", type: type, link: target).adding("sub/x").ended)
    }
  }

  /// A hard link whose header also carries contents, which libarchive writes through to the link's target.
  @Test func hardLinkWithContents() throws {
    try refuse(TarBytes().adding("x", Array("root::0:0".utf8), type: "1", link: "/etc/passwd").ended)
    try refuse(TarBytes().adding("x", Array("root::0:0".utf8), type: "1", link: "../../etc/passwd").ended)
  }

  @Test func namesThatAppearTwice() throws {
    let good = HostileArchiveTests.good
    try refuse(good.adding("inference_model.index", [4]).ended)
    try refuse(good.adding("./inference_model.index", [4]).ended)
    try refuse(good.adding("inference_model.index/", type: "5").ended)
    try refuse(good.adding("inference_model.index/x", [4]).ended)
    try refuse(TarBytes().adding("a/x", [1]).adding("a", [2]).ended)
    try refuse(TarBytes().adding("a/", type: "5").adding("a", [2]).ended)
  }

  @Test func links() throws {
    for script in ["ln -s /etc/passwd l", "echo x > k; ln k l", "mkfifo l"] {
      try Programs.shell("mkdir in; cd in; \(script); tar -cf ../made.tar *; cd ..; rm -r in", in: folder)
      try refuse(contents(folder("made.tar")))
    }
  }

  @Test func sparseFiles() throws {
    for format in ["gnu", "pax"] {
      try Programs.shell("truncate -s 1G s; tar --format=\(format) -Scf made.tar s; rm s", in: folder)
      let bytes = contents(folder("made.tar"))
      #expect(bytes.count < 1 << 20)
      try refuse(bytes)
    }
  }

  @Test func sizesThatLie() throws {
    for size in [4, 512, 513, 1 << 20, (8 << 30) - 1] {
      try refuse(TarBytes().adding("a", [1, 2, 3], declared: size * 512).ended)
    }
    // A negative size in GNU's base-256 form.
    var bytes = TarBytes().adding("a", [1]).ended
    bytes.replaceSubrange(124..<136, with: [UInt8](repeating: 0xff, count: 12))
    try refuse(bytes)
  }

  @Test func bombs() throws {
    try Programs.shell("truncate -s 100M z; tar -c z | gzip > bomb.tgz; rm z", in: folder)
    let bomb = contents(folder("bomb.tgz"))
    #expect(try refuse(bomb)?.problem.contains("bomb") == true)
    try refuse(bomb, limits: ArchiveLimits(totalBytes: 99 << 20, ratio: 1 << 20))
    let error = try refuse(
      TarBytes().adding("a", [1]).adding("b", [2]).ended, limits: ArchiveLimits(memberCount: 1))
    #expect(error?.problem.contains("members") == true)
    try refuse(TarBytes().adding("a", [1, 2]).adding("b", [3, 4]).ended, limits: ArchiveLimits(totalBytes: 3))
  }

  /// Headers without end: extended headers count too.
  @Test func endlessHeaders() throws {
    let path = Array("30 path=inference_model.index\n".utf8)
    var tar = TarBytes()
    for _ in 0..<100 { tar = tar.adding("h", path, type: "x") }
    var whole: [UInt8] = []
    for _ in 0..<1000 { whole += tar.bytes }
    try refuse(whole + TarBytes().adding("a", [1]).ended, limits: ArchiveLimits(totalBytes: 1 << 20))
  }

  @Test func truncatedAtEveryBlock() throws {
    let whole = TarBytes().adding("a", [UInt8](repeating: 7, count: 1300)).adding("sub/", type: "5")
      .adding("zeros", [UInt8](repeating: 0, count: 4096)).adding("b.index", []).ended
    for count in stride(from: 0, to: whole.count, by: 512) { try refuse(Array(whole[..<count])) }
    for count in stride(from: 1, to: whole.count, by: 97) { try refuse(Array(whole[..<count])) }
    folder.write(whole, "a.tar")
    #expect(try ArchiveListing(folder("a.tar")).members.count == 4)
  }

  @Test func gzipTruncatedAnywhere() throws {
    try Programs.shell("head -c 3000 /dev/urandom > r; tar -czf made.tgz r", in: folder)
    let whole = contents(folder("made.tgz"))
    for count in stride(from: 0, to: whole.count, by: 13) { try refuse(Array(whole[..<count])) }
  }

  @Test func dataAfterTheEnd() throws {
    let whole = HostileArchiveTests.good.ended
    try refuse(whole + Array("more".utf8) + [UInt8](repeating: 0, count: 508))
    try refuse(whole + TarBytes().adding("hidden", [1]).ended)
    try refuse(whole + [0])
  }

  @Test func otherKindsOfFile() throws {
    for start in ["PK\u{3}\u{4}", "BZh91AY", "version https://git-lfs.github.com/spec/v1\n", "7z", "!<arch>\n"] {
      try refuse(Array(start.utf8) + [UInt8](repeating: 1, count: 2000))
    }
    try refuse([])
    try refuse([UInt8](repeating: 0, count: 10240))
    #expect(throws: KernelError.self) { try ArchiveListing(folder.path) }
    #expect(throws: KernelError.self) { try ArchiveListing(folder("absent.tgz")) }
  }

  /// Any flipped bit of a gzipped archive is noticed, or changes nothing.
  @Test func flippedBitsOfAGzippedArchive() throws {
    let single = fixtures + "/boliu/average/model.ckpt-10"
    var options = Submission.Options()
    options.allowsMissing = true
    try Submission(single, options).write(to: folder("whole.tgz"))
    let whole = contents(folder("whole.tgz"))
    let members = try ArchiveListing(folder("whole.tgz")).members
    var generator = SystemRandomNumberGenerator()
    for round in 0..<400 {
      var flipped = whole
      let bit = round < 80 ? round : Int.random(in: 0..<(whole.count * 8), using: &generator)
      flipped[bit / 8] ^= 1 << (bit % 8)
      folder.write(flipped, "flipped.tgz")
      if let listing = try? ArchiveListing(folder("flipped.tgz")) { #expect(listing.members == members) }
    }
  }

  /// A plain archive has a checksum over headers only: a flipped bit is refused, or stays within the sizes there
  /// are.
  @Test func flippedBitsOfAPlainArchive() throws {
    let whole = TarBytes().adding("a", [1, 2, 3]).adding("sub/", type: "5").adding("sub/b.index", [4]).ended
    for bit in stride(from: 0, to: 2048 * 8, by: 11) {
      var flipped = whole
      flipped[bit / 8] ^= 1 << (bit % 8)
      folder.write(flipped, "a.tar")
      do {
        let listing = try ArchiveListing(folder("a.tar"))
        #expect(listing.members.reduce(0) { $0 + $1.byteCount } <= 1024)
      } catch { #expect(error is KernelError) }
    }
  }
}
