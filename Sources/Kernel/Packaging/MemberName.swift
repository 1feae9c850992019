/// The relative path that a member's name stands for, once it is known to stay inside the folder it is unpacked to.
struct MemberName: Hashable {
  /// Names of folders, then of the file; none is empty, `.` or `..`. Empty for the archive's root itself (`./`).
  let components: [String]

  var path: String { components.joined(separator: "/") }

  /// The folders that contain the member, outermost first.
  var ancestors: [MemberName] { components.indices.dropFirst().map { MemberName(Array(components[..<$0])) } }

  private init(_ components: [String]) { self.components = components }

  /// What makes a name unusable, as the rest of a sentence about the member.
  struct Fault: Error, Equatable {
    let problem: String
  }

  private static let longestPath = 4096
  private static let longestComponent = 255

  /// Reads the name as an archive holds it.
  init(_ raw: [UInt8]) throws(Fault) {
    guard raw.count <= MemberName.longestPath else { throw Fault(problem: "has a name of \(raw.count) bytes") }
    guard let text = String(validating: raw, as: UTF8.self) else {
      throw Fault(problem: "has a name that is not UTF-8")
    }
    guard !text.isEmpty else { throw Fault(problem: "has no name") }
    guard text.unicodeScalars.allSatisfy({ !MemberName.isControl($0) }) else {
      throw Fault(problem: "has control characters in its name")
    }
    guard !text.utf8.starts(with: [UInt8(ascii: "/")]) else { throw Fault(problem: "has an absolute path") }
    components = text.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter { $0 != "." }
    guard !components.contains("..") else { throw Fault(problem: "leaves the folder with '..'") }
    guard components.allSatisfy({ $0.utf8.count <= MemberName.longestComponent }) else {
      throw Fault(problem: "has a name too long for a file system")
    }
  }

  /// Characters that move the cursor, end a line or reverse the text around them.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: (0x202a...0x202e).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
  }
}
