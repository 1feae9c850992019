import ArgumentParser
import Bytes

/// A program's commands and arguments as declared: the JSON of the argument parser's `--experimental-dump-help`.
package struct CommandTree: Equatable, Sendable {
  package let name: String
  package let aliases: [String]
  package let abstract: String
  package let discussion: String
  package let isHidden: Bool
  package let arguments: [Argument]
  package let subcommands: [CommandTree]

  /// An option, flag or positional argument.
  package struct Argument: Equatable, Sendable {
    /// `option`, `flag` or `positional`.
    package let kind: String
    /// With their dashes, in the order declared.
    package let names: [String]
    package let valueName: String
    package let defaultValue: String?
    package let allValues: [String]
    package let abstract: String
    package let discussion: String
    package let isOptional: Bool
    package let isRepeating: Bool
    package let isHidden: Bool
  }
}

extension CommandTree {
  /// What `root` declares; `nil` if the argument parser ever changed how it describes itself.
  init?(_ root: any ParsableCommand.Type) {
    let text = Array(root._dumpHelp().utf8)
    let tree = try? text.withUnsafeBytes { (bytes) throws(ByteReader.Fault) in try CommandTree(parsing: bytes) }
    guard let tree else { return nil }
    self = tree
  }

  /// Reads the whole dump of a program.
  package init(parsing text: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    guard case .object(let root) = try JSON(parsing: text), case .object(let command)? = root["command"] else {
      throw ByteReader.Fault(offset: 0, problem: "not a dump of a program's commands")
    }
    self.init(command)
  }

  private init(_ object: JSON.Object) {
    name = object.string("commandName") ?? ""
    aliases = object.strings("aliases")
    abstract = object.string("abstract") ?? ""
    discussion = object.string("discussion") ?? ""
    isHidden = !object.isTrue("shouldDisplay")
    arguments = object.objects("arguments").map(Argument.init)
    subcommands = object.objects("subcommands").map { CommandTree($0) }
  }

  /// The names, without dashes, of all flags that the command called by `arguments` takes.
  func flags(of arguments: [String]) -> Set<String> {
    var path = [self]
    for argument in arguments {
      if let next = path[path.count - 1].subcommands.first(where: { $0.isCalled(argument) }) { path.append(next) }
    }
    let flags = path.flatMap(\.arguments).filter { $0.kind == "flag" }
    return Set(flags.flatMap(\.names).filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) })
  }

  /// The command that `path`, beginning with the program's name, leads to, if it has subcommands.
  func group(at path: [String]) -> CommandTree? {
    var tree = self
    for name in path.dropFirst() {
      guard let next = tree.subcommands.first(where: { $0.isCalled(name) }) else { return nil }
      tree = next
    }
    return tree.subcommands.isEmpty ? nil : tree
  }

  private func isCalled(_ name: String) -> Bool { self.name == name || aliases.contains(name) }
}

extension CommandTree.Argument {
  fileprivate init(_ object: JSON.Object) {
    kind = object.string("kind") ?? ""
    names = object.objects("names").map { name in
      (name.string("kind") == "long" ? "--" : "-") + (name.string("name") ?? "")
    }
    valueName = object.string("valueName") ?? ""
    defaultValue = object.string("defaultValue")
    allValues = object.strings("allValues")
    abstract = object.string("abstract") ?? ""
    discussion = object.string("discussion") ?? ""
    isOptional = object.isTrue("isOptional")
    isRepeating = object.isTrue("isRepeating")
    isHidden = !object.isTrue("shouldDisplay")
  }
}

extension JSON.Object {
  fileprivate func string(_ key: String) -> String? {
    guard case .string(let text)? = self[key] else { return nil }
    return text
  }

  fileprivate func isTrue(_ key: String) -> Bool { self[key] == .bool(true) }

  fileprivate func objects(_ key: String) -> [JSON.Object] {
    elements(key).compactMap { if case .object(let object) = $0 { object } else { nil } }
  }

  fileprivate func strings(_ key: String) -> [String] {
    elements(key).compactMap { if case .string(let text) = $0 { text } else { nil } }
  }

  private func elements(_ key: String) -> [JSON] {
    guard case .array(let elements)? = self[key] else { return [] }
    return elements
  }
}
