import Bytes

/// The file of BERT's settings that the reference's `--bert_config_file` names (specs: tm_google §7.3).
extension Hyperparameters {
  /// Takes over what such a file says of the layers' middle, the first weights and the places.
  ///
  /// Heads, layers and dropout have flags that the reference goes by instead, and widths come from the features.
  ///
  /// - Throws: ``KernelError`` `.noInput` when it cannot be read, `.badData` when it is not such a file or asks for
  ///   another activation.
  package mutating func read(bertConfiguration path: String) throws {
    let bytes = try MappedFile(path).view
    let json = try reporting(path, at: 0) { try bytes.withUnsafeBytes { try JSON(parsing: $0) } }
    guard case .object(let object) = json else {
      throw KernelError(.badData, path, "is not an object of BERT's settings")
    }
    if case .string(let activation)? = object["hidden_act"], activation != "gelu" {
      throw KernelError(
        .badData, path, "wants the activation \(activation.printable)", hint: "\"hidden_act\" can be gelu only")
    }
    for (key, flag) in [
      ("intermediate_size", "bert_intermediate_size"), ("initializer_range", "bert_initializer_range"),
      ("max_position_embeddings", "bert_max_position_embeddings"),
    ] {
      guard let value = object[key] else { continue }
      guard case .number(let number) = value else {
        throw KernelError(.badData, path, "\"\(key)\" is not a number")
      }
      let word = if case .int(let whole) = number { "\(whole)" } else { "\(number.double)" }
      try take(flag, [word], from: path)
    }
  }
}
