import Bytes
import CKernel

/// The functions that a graph's nodes may call: `GraphDef.library`.
///
/// Memory: the encoded functions, and for a moment their messages.
struct FunctionLibrary {
  /// `FunctionDef`s, encoded, by their names.
  private var functions: NamedValues<[UInt8]> = [:]
  /// The names of functions' gradients, by the functions' names.
  private var gradients: [String: String] = [:]
  /// `RegisteredGradient`s, encoded.
  private var registered: [[UInt8]] = []
  private var other = OtherFields()

  /// The field of `GraphDef`.
  private static let field: UInt32 = 2

  /// The functions of `graph`; none when it has no library.
  ///
  /// - Throws: ``KernelError`` `.badData` when the library is damaged.
  init(of graph: Graph) throws {
    let parts = graph.other.fields.filter { $0.number == FunctionLibrary.field && $0.wireType == 2 }
    do { for part in parts { try add(part.bytes) } } catch let fault as ByteReader.Fault {
      throw KernelError(.badData, "", "the graph's functions: \(fault.problem)")
    }
  }

  /// What a field holds: a length and an encoded `FunctionDefLibrary`.
  private mutating func add(_ field: [UInt8]) throws {
    try field.withUnsafeBytes { bytes in
      var reader = ByteReader(bytes)
      let length = try reader.length(limit: reader.remaining)
      let contents = try reader.take(length)
      try withUnpacked(contents, ck__function_def_library__init) { message in
        var pairs = functions.entries.map { (name: $0.name, value: $0.value) }
        for function in messages(message.pointee.function, message.pointee.n_function) {
          guard let name = function.pointee.signature?.pointee.name.text, !name.isEmpty else {
            throw ByteReader.Fault(offset: 0, problem: "one has no name")
          }
          pairs.append((name, packed(function)))
        }
        functions = NamedValues(pairs)
        for gradient in messages(message.pointee.gradient, message.pointee.n_gradient) {
          gradients[gradient.pointee.function_name.text ?? ""] = gradient.pointee.gradient_func.text ?? ""
        }
        registered += messages(message.pointee.registered_gradients, message.pointee.n_registered_gradients)
          .map { packed($0) }
        other.fields += OtherFields(message.pointee.base).fields
      }
    }
  }
}

extension FunctionLibrary {
  /// Puts the functions of `model` into those of `graph`, and lets the nodes of `model` name them as they are called
  /// there; its own library stays as it was.
  ///
  /// Functions of the same name and the same definition are one, if all that they call is the same too; others get a new
  /// name, and so does whatever calls them under a name that both have.
  ///
  /// - Throws: ``KernelError`` `.badData` when a library is damaged.
  static func join(_ model: inout Graph, into graph: inout Graph) throws {
    guard model.other.fields.contains(where: { $0.number == field }) else { return }
    var mine = try FunctionLibrary(of: graph)
    let theirs = try FunctionLibrary(of: model)
    do {
      let names = try mine.newNames(for: theirs)
      let edit = FunctionNames { names[$0] ?? $0 }
      if !names.isEmpty { try model.updateAll { try edit.edit(&$0) } }
      try mine.add(theirs, edit)
    } catch let fault as ByteReader.Fault {
      throw KernelError(.badData, "", "the graph's functions: \(fault.problem)")
    }
    graph.other.remove(FunctionLibrary.field)
    graph.other.fields.append(mine.encoded)
  }

  /// The names that functions of `others` must get, for they differ from those here.
  private func newNames(for others: FunctionLibrary) throws -> [String: String] {
    let own = Dictionary(functions.entries.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    var callers: [String: [String]] = [:]
    var pending: [String] = []
    for function in others.functions.entries {
      guard let mine = own[function.name] else { continue }
      let isSame =
        try gradients[function.name] == others.gradients[function.name]
        && (mine == function.value || canonicalFunction(mine) == canonicalFunction(function.value))
      if !isSame { pending.append(function.name) }
      for called in try others.references(of: function.name, function.value) {
        callers[called, default: []].append(function.name)
      }
    }
    var taken = Set(own.keys).union(others.functions.names)
    var names: [String: String] = [:]
    while let name = pending.popLast() {
      guard names[name] == nil else { continue }
      var number = 1
      while taken.contains("\(name)_\(number)") { number += 1 }
      names[name] = "\(name)_\(number)"
      taken.insert("\(name)_\(number)")
      pending += callers[name] ?? []
    }
    return names
  }

  /// What a function names: functions, and operators.
  private func references(of name: String, _ function: [UInt8]) throws -> Set<String> {
    let found = Found()
    _ = try FunctionNames { reference in
      found.names.insert(reference)
      return reference
    }.function(function)
    if let gradient = gradients[name] { found.names.insert(gradient) }
    return found.names.subtracting([name])
  }

  private final class Found { var names: Set<String> = [] }

  private mutating func add(_ others: FunctionLibrary, _ edit: FunctionNames) throws {
    var pairs = try others.functions.entries.map { function in
      (name: edit.name(function.name), value: try edit.function(function.value))
    }
    // Of two that are the same the one that is here stays.
    let own = Set(functions.names)
    pairs.removeAll { own.contains($0.name) }
    functions = NamedValues(functions.entries.map { (name: $0.name, value: $0.value) } + pairs)
    for (function, gradient) in others.gradients { gradients[edit.name(function)] = edit.name(gradient) }
    for item in try others.registered.map({ try FunctionLibrary.registered($0, edit) })
    where !registered.contains(item) {
      registered.append(item)
    }
    for field in others.other.fields where !other.fields.contains(field) { other.fields.append(field) }
  }

  private static func registered(_ bytes: [UInt8], _ edit: FunctionNames) throws -> [UInt8] {
    try bytes.withUnsafeBytes { bytes in
      try withUnpacked(bytes, ck__function_def_library__registered_gradient__init) { message in
        if let name = message.pointee.gradient_func.text {
          message.pointee.gradient_func.replace(with: Array(edit.name(name).utf8))
        }
        return packed(message)
      }
    }
  }

  /// The field of a `GraphDef`.
  private var encoded: OtherFields.Field {
    var message: [UInt8] = []
    func append(_ number: UInt8, _ bytes: [UInt8], to target: inout [UInt8]) {
      target.append(number << 3 | 2)
      target.append(varint: bytes.count)
      target += bytes
    }
    for function in functions.entries { append(1, function.value, to: &message) }
    for (function, gradient) in gradients.sorted(by: { $0.key < $1.key }) {
      var pair: [UInt8] = []
      append(1, Array(function.utf8), to: &pair)
      append(2, Array(gradient.utf8), to: &pair)
      append(2, pair, to: &message)
    }
    for item in registered { append(3, item, to: &message) }
    for field in other.fields {
      message.append(varint: Int(field.number << 3 | field.wireType))
      message += field.bytes
    }
    var bytes: [UInt8] = []
    bytes.append(varint: message.count)
    return OtherFields.Field(number: FunctionLibrary.field, wireType: 2, bytes: bytes + message)
  }
}
