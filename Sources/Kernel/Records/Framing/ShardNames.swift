import Bytes

/// The names of the files that share a set of records: `PREFIX-00000-of-00010.tfrecord`.
///
/// The prefix may end in `.tfrecord`, `.tfrecord.gz`, `.tfrecord.zlib` or one of these compressions alone: what it ends
/// in goes to the end of every name, and decides the compression.
package struct ShardNames: Sendable, Equatable {
  package let count: Int
  private let prefix: String
  private let suffix: String

  /// - Parameters:
  ///   - count: how many files there are, at least 1.
  ///   - compression: when given, adds its suffix to a prefix without one.
  package init(_ prefix: String, count: Int, compression: RecordCompression? = nil) {
    self.count = count
    var stem = prefix
    var suffix = ""
    if let ending = [".gz", ".zlib", ".zz"].first(where: { stem.hasSuffix($0) }) {
      stem.removeLast(ending.count)
      suffix = ending
    } else if let compression {
      suffix = compression.nameSuffix
    }
    if stem.hasSuffix(".tfrecord") { stem.removeLast(".tfrecord".count) }
    self.prefix = stem
    self.suffix = ".tfrecord" + suffix
  }

  /// The name of file `number`, from 0.
  package func path(_ number: Int) -> String {
    "\(prefix)-\(ShardNames.padded(number))-of-\(ShardNames.padded(count))\(suffix)"
  }

  package var paths: [String] { (0..<count).map(path) }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}

extension RecordCompression {
  fileprivate var nameSuffix: String {
    switch self {
    case .none: ""
    case .gzip: ".gz"
    case .zlib: ".zlib"
    }
  }
}
