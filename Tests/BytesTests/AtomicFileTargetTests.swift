import Bytes
import Glibc
import TestSupport
import Testing

@Suite struct AtomicFileTargetTests {
  /// Replacing a device or pipe by a file would break it for everybody: `--force -o /dev/null` did, run by root.
  @Test func devicesAndPipesAreNeverReplaced() throws {
    let folder = TemporaryFolder()
    #expect(mkfifo(folder("pipe"), 0o600) == 0)
    for existing in [AtomicFile.Existing.refuse, .replace] {
      for path in [folder("pipe"), "/dev/null"] {
        #expect {
          try AtomicFile(path, existing: existing)
        } throws: {
          ($0 as? KernelError)?.problem == "is a device or pipe, not a file"
        }
      }
    }
  }
}
