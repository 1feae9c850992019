import Bytes

extension WeightsFile {
  /// The weights of models, which are known by the predictions that they made.
  ///
  /// A model's own name is that of its file without extensions, or of its folder (`netvlad/inference_model` is
  /// `netvlad`); a file of predictions is known by its name without extensions. When no model has the name of any file
  /// and there are as many of both, they belong together in order.
  ///
  /// - Returns: the weights in the order of the models, and whether they were found by order.
  /// - Throws: ``KernelError`` `.usage` when the weights of some models cannot be found or one would serve two.
  public func weights(
    forModels paths: [String], source: String
  ) throws -> (weights: [Double], isByOrder: Bool) {
    let names = weights.map { WeightsFile.stem(of: $0.name) }
    let matches = paths.map { path -> [Int] in
      let own: Set = [path, WeightsFile.stem(of: path), Path.name(of: Path.folder(of: path))]
      return names.indices.filter { own.contains(names[$0]) || own.contains(weights[$0].name) }
    }
    if matches.allSatisfy(\.isEmpty) {
      guard paths.count == weights.count else {
        throw KernelError(
          .usage, source,
          "none of its weights (\(weights.count)) has the name of a model, and there are \(paths.count) models")
      }
      return (weights.map(\.value), true)
    }
    var owners: [Int: String] = [:]
    let values = try zip(paths, matches).map { path, match in
      guard let index = match.first, match.count == 1 else {
        throw KernelError(
          .usage, source, "there are \(match.count) weights for \(path.printable)",
          hint: "it has those of \(weights.map(\.name.printable).joined(separator: ", "))")
      }
      if let owner = owners.updateValue(path, forKey: index) {
        throw KernelError(
          .usage, source,
          "\(owner.printable) and \(path.printable) would share the weight of \(weights[index].name.printable)")
      }
      return weights[index].value
    }
    return (values, false)
  }

  /// The name of a file without folder and extensions.
  private static func stem(of path: String) -> String {
    let name = Path.name(of: path)
    return name.firstIndex(of: ".").map { String(name[..<$0]) } ?? name
  }
}
