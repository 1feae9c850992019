import Bytes
import Glibc

/// One `s/pattern/replacement/[g]` in the manner of sed: POSIX extended regular expressions; `\1` to `\9` and `&`
/// in the replacement; any character in place of `/`.
///
/// `@unchecked Sendable`: a compiled expression is only read, which POSIX allows from several threads.
final class Substitution: @unchecked Sendable {
  private var expression = regex_t()
  private let replacement: [Part]
  private let isGlobal: Bool

  private enum Part {
    case text([UInt8])
    case group(Int)
  }

  init(_ source: String) throws {
    let bytes = Array(source.utf8)
    guard bytes.count >= 2, bytes[0] == UInt8(ascii: "s"), bytes[1] != UInt8(ascii: "\\"),
      bytes[1] != UInt8(ascii: "\n")
    else { throw Substitution.malformed(source) }
    let parts = Substitution.split(bytes[2...], at: bytes[1])
    guard parts.count == 3, ["", "g"].contains(String(decoding: parts[2], as: UTF8.self)) else {
      throw Substitution.malformed(source)
    }
    isGlobal = !parts[2].isEmpty
    replacement = Substitution.parts(of: parts[1])
    let status = regcomp(&expression, String(decoding: parts[0], as: UTF8.self), REG_EXTENDED)
    guard status == 0 else {
      var message = [CChar](repeating: 0, count: 200)
      regerror(status, &expression, &message, message.count)
      let text = String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      throw KernelError(.usage, "", "\(source): \(text)")
    }
    let highest = replacement.map { if case .group(let number) = $0 { number } else { 0 } }.max() ?? 0
    guard highest <= expression.re_nsub else {
      regfree(&expression)
      throw KernelError(.usage, "", "\(source): \\\(highest) refers to a group that the pattern does not have")
    }
  }

  deinit { regfree(&expression) }

  private static func malformed(_ source: String) -> KernelError {
    KernelError(
      .usage, "", "\(source.printable) is not of the form s/pattern/replacement/ or s/pattern/replacement/g",
      hint: "for example 's/^tower/model_0\\/tower/' or 's,^(.*)/w$,\\1/weights,'")
  }

  /// The stretches between unescaped separators; an escaped separator stands for itself.
  private static func split(_ bytes: ArraySlice<UInt8>, at separator: UInt8) -> [[UInt8]] {
    var parts: [[UInt8]] = [[]]
    var rest = bytes
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), let next = rest.popFirst() {
        parts[parts.count - 1] += next == separator ? [next] : [byte, next]
      } else if byte == separator {
        parts.append([])
      } else {
        parts[parts.count - 1].append(byte)
      }
    }
    return parts
  }

  private static func parts(of replacement: [UInt8]) -> [Part] {
    var parts: [Part] = []
    var text: [UInt8] = []
    var rest = replacement[...]
    while let byte = rest.popFirst() {
      var group: Int?
      if byte == UInt8(ascii: "&") {
        group = 0
      } else if byte == UInt8(ascii: "\\"), let next = rest.popFirst() {
        if (0x31...0x39).contains(next) { group = Int(next - 0x30) } else { text.append(next) }
      } else {
        text.append(byte)
      }
      guard let group else { continue }
      parts += [.text(text), .group(group)]
      text = []
    }
    return parts + [.text(text)]
  }

  /// `name` with the first match replaced, or all of them under `g`.
  func callAsFunction(_ name: [UInt8]) -> [UInt8] {
    let bytes = name + [0]
    let end = bytes.count - 1
    var result: [UInt8] = []
    var position = 0
    var lastMatchEnd = -1
    while let groups = match(bytes, from: position) {
      let whole = groups[0] ?? position..<position
      result += bytes[position..<whole.lowerBound]
      // As in sed, an empty match directly after another match does not count.
      if !whole.isEmpty || whole.lowerBound != lastMatchEnd { result += replacement(bytes, groups) }
      position = whole.upperBound
      lastMatchEnd = position
      if !isGlobal { break }
      if whole.isEmpty {
        guard position < end else { break }
        result.append(bytes[position])
        position += 1
      }
    }
    return result + bytes[min(position, end)..<end]
  }

  /// Where the first match at or after `position` of the NUL-terminated `bytes` and its groups lie.
  private func match(_ bytes: [UInt8], from position: Int) -> [Range<Int>?]? {
    var groups = [regmatch_t](repeating: regmatch_t(), count: 10)
    let flags = position == 0 ? 0 : REG_NOTBOL
    let status = bytes[position...].withUnsafeBytes {
      regexec(&expression, $0.assumingMemoryBound(to: CChar.self).baseAddress, groups.count, &groups, flags)
    }
    guard status == 0 else { return nil }
    return groups.map { $0.rm_so < 0 ? nil : position + Int($0.rm_so)..<position + Int($0.rm_eo) }
  }

  private func replacement(_ bytes: [UInt8], _ groups: [Range<Int>?]) -> [UInt8] {
    replacement.flatMap { part -> [UInt8] in
      switch part {
      case .text(let text): text
      case .group(let number): groups[number].map { Array(bytes[$0]) } ?? []
      }
    }
  }
}
