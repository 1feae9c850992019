import Bytes
import Glibc

/// Rules that give tensors new names.
public struct Renaming: Sendable {
  private enum Rule: Sendable {
    case table([TensorName: TensorName])
    case substitution(Substitution)
  }

  private let rules: [Rule]

  /// `s/pattern/replacement/` expressions, applied one after another.
  ///
  /// - Throws: ``KernelError`` `.usage` with what is wrong in the expression.
  public init(substitutions: [String]) throws {
    rules = try substitutions.map { .substitution(try Substitution($0)) }
  }

  /// A file of lines `old new`, separated by a TAB or else by spaces; `#` begins a comment line.
  ///
  /// - Throws: ``KernelError`` naming the line.
  public init(mapFile path: String) throws {
    let file = try MappedFile(path)
    guard let text = String(validating: file.view.array, as: UTF8.self) else {
      throw KernelError(.badData, path, "is not valid UTF-8")
    }
    var table: [TensorName: TensorName] = [:]
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = line.hasSuffix("\r") ? line.dropLast() : line
      guard !line.allSatisfy({ $0 == " " || $0 == "\t" }), !line.hasPrefix("#") else { continue }
      let parts = line.contains("\t") ? line.split(separator: "\t") : line.split(separator: " ")
      guard parts.count == 2 else {
        throw KernelError(
          .badData, path, at: .line(number + 1), "expected an old and a new name, found \(parts.count) words",
          hint: "separate names that contain spaces by a TAB")
      }
      guard table.updateValue(TensorName(String(parts[1])), forKey: TensorName(String(parts[0]))) == nil else {
        throw KernelError(.badData, path, at: .line(number + 1), "\(parts[0]) is renamed twice")
      }
    }
    rules = [.table(table)]
  }

  /// The new name of `name`, which may be the old one.
  public func callAsFunction(_ name: TensorName) -> TensorName {
    rules.reduce(name) { name, rule in
      switch rule {
      case .table(let table): table[name] ?? name
      case .substitution(let substitution): TensorName(substitution(name.description))
      }
    }
  }

  /// Names of a map file that no tensor of `source` has: most likely misspelt.
  public func unused(in source: any TensorSource) -> [TensorName] {
    rules.flatMap { rule -> [TensorName] in
      guard case .table(let table) = rule else { return [] }
      return table.keys.filter { source.index(of: $0) == nil }.sorted()
    }
  }

  /// `source` under the new names, in the same layout. A TF2 object graph is brought up to date.
  ///
  /// - Throws: ``KernelError`` `.usage` when two tensors would get the same name, or one an empty name.
  public func plan(_ source: any TensorSource) throws -> OutputPlan {
    var oldNames: [TensorName: TensorName] = [:]
    let planned = try source.tensors.indices.map { index -> PlannedTensor in
      var tensor = PlannedTensor(copying: TensorRef(source, index))
      let old = tensor.info.name
      let new = old == ObjectGraph.key ? old : self(old)
      guard !new.utf8.isEmpty, !new.utf8.contains(0) else {
        throw KernelError(
          .usage, source.path, at: .tensor(old.description), "its new name would be empty or contain NUL")
      }
      if let other = oldNames.updateValue(old, forKey: new) {
        throw KernelError(
          .usage, source.path, at: .tensor(old.description), "would be called \(new), as \(other) would be too",
          hint: "make the new names different, or drop one of the tensors first")
      }
      tensor.info.name = new
      if old == ObjectGraph.key { try updateGraph(&tensor, source, index) }
      return tensor
    }
    return try OutputPlan(planned, shardCount: OutputPlan.shardCount(of: source))
  }

  private func updateGraph(_ tensor: inout PlannedTensor, _ source: any TensorSource, _ index: Int) throws {
    guard source.tensors.contains(where: { self($0.name) != $0.name && $0.name != ObjectGraph.key }) else { return }
    let graph = try ObjectGraph.renamed(try source.checkedContents(of: index).bytes, path: source.path) { self($0) }
    tensor.content = .bytes(graph)
    tensor.info.byteCount = graph.count
  }
}

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
  func callAsFunction(_ name: String) -> String {
    let bytes = Array(name.utf8) + [0]
    var result: [UInt8] = []
    var position = 0
    repeat {
      var groups = [regmatch_t](repeating: regmatch_t(), count: 10)
      let flags = position == 0 ? 0 : REG_NOTBOL
      let status = bytes[position...].withUnsafeBytes {
        regexec(&expression, $0.assumingMemoryBound(to: CChar.self).baseAddress, groups.count, &groups, flags)
      }
      guard status == 0 else { break }
      let start = position + Int(groups[0].rm_so)
      let end = position + Int(groups[0].rm_eo)
      result += bytes[position..<start]
      for part in replacement {
        switch part {
        case .text(let text): result += text
        case .group(let number) where groups[number].rm_so >= 0:
          result += bytes[(position + Int(groups[number].rm_so))..<(position + Int(groups[number].rm_eo))]
        case .group: break
        }
      }
      position = end
      if start == end, position < bytes.count - 1 {
        // An empty match moves on by one byte, which is kept.
        result.append(bytes[position])
        position += 1
      } else if start == end {
        break
      }
    } while isGlobal && position < bytes.count - 1
    return String(decoding: result + bytes[position..<(bytes.count - 1)], as: UTF8.self)
  }
}
