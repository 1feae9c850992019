import Bytes
import Glibc
import Packaging

/// A model's archive, unpacked.
///
/// Without a folder to unpack into it goes to a temporary one, which ``discard()`` removes, or the end of this value.
package final class UnpackedModel {
  package let folder: String
  private let archive: String
  private let isTemporary: Bool
  private var members: [ArchiveMember] = []

  /// Unpacks all of `archive`, or nothing.
  ///
  /// - Parameter folder: where to; made if it is missing.
  /// - Throws: ``KernelError`` `.noInput` when there is no archive, `.badData` when it is damaged or holds anything but
  ///   files and folders inside it, `.cannotCreate` when a file exists (under `.refuse`).
  package init(_ archive: String, into folder: String?, existing: AtomicFile.Existing) throws {
    self.archive = archive
    isTemporary = folder == nil
    self.folder = try folder ?? UnpackedModel.temporaryFolder()
    members = try ArchiveUnpacker(archive, into: self.folder, existing: existing).unpack()
  }

  deinit { discard() }

  /// The result of `body`, whose errors name the archive in place of a temporary folder, which nobody can look into.
  package func inArchive<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch var error as KernelError where isTemporary && error.source.hasPrefix(folder) {
      let inside = error.source.dropFirst(folder.count).drop { $0 == "/" }
      guard !inside.isEmpty else {
        throw KernelError(
          .noInput, archive, "holds no model",
          hint: "a model is inference_model.meta with its .index and .data files")
      }
      error.source = "\(archive): \(inside)"
      throw error
    }
  }

  /// Removes what went to a temporary folder; what was mapped before stays readable.
  package func discard() {
    guard isTemporary else { return }
    for member in members where !member.isFolder { unlink(Path.join(folder, member.name)) }
    // Folders come before what is in them.
    for member in members.reversed() where member.isFolder { rmdir(Path.join(folder, member.name)) }
    for member in members {
      var parent = Path.folder(of: member.name)
      while parent != ".", rmdir(Path.join(folder, parent)) == 0 { parent = Path.folder(of: parent) }
    }
    members = []
    rmdir(folder)
  }

  private static func temporaryFolder() throws -> String {
    let chosen = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    let parent = chosen.isEmpty ? "/tmp" : chosen
    var template = Array(Path.join(parent, "model.XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError().writing(parent) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
