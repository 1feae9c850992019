import ArgumentParser
import Bytes
import Checkpoints
import Terminal

/// `ckpt-tool ls`
struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List tensors: name, type, shape and bytes.",
    discussion: "Reads the index only. Exits 1 when a glob was given and nothing matches.")

  enum Order: String, ExpressibleByArgument, CaseIterable { case name, size }

  @Argument(help: "The checkpoint.", completion: .file()) var checkpoint: String
  @OptionGroup var choice: TensorChoice
  @Option(help: ArgumentHelp("Order by name, or by size with the largest first.", valueName: "key")) var sort =
    Order.name
  @Flag(name: .shortAndLong, help: "Reverse the order.") var reverse = false
  @OptionGroup var json: JSONFlag
  @OptionGroup var quiet: QuietOptions

  func run() throws {
    let source = try openCheckpoint(checkpoint, quiet)
    let indices = sorted(try choice.indices(in: source, quiet.diagnostics), of: source)
    let byteCount = indices.lazy.map { source.tensors[$0].byteCount }.saturatedSum
    if json.json { return try writeJSON(source, indices, byteCount) }
    var table = Table([.init("tensor", isFlexible: true), .init("dtype"), .init("shape"), .init("bytes", .right)])
    for index in indices {
      let info = source.tensors[index]
      table.append([info.name.description, info.dtype.name, info.shape.description, "\(info.byteCount)"])
    }
    try table.write()
    try StandardOutput.shared.line("\(counted(indices.count, "tensor")), \(counted(byteCount, "byte"))")
  }

  private func sorted(_ indices: [Int], of source: any TensorSource) -> [Int] {
    var indices = indices
    if sort == .size {
      // Equal sizes stay in the order of their names.
      indices.sort { (source.tensors[$1].byteCount, $0) < (source.tensors[$0].byteCount, $1) }
    }
    return reverse ? indices.reversed() : indices
  }

  private func writeJSON(_ source: any TensorSource, _ indices: [Int], _ byteCount: Int) throws {
    let json = JSONWriter(StandardOutput.shared)
    try json.object {
      try json.member("path", source.path)
      try json.member("count", indices.count)
      try json.member("total_bytes", byteCount)
      try json.array("tensors") {
        for index in indices {
          try json.object(inline: true) {
            let info = source.tensors[index]
            try json.member("name", info.name.description)
            try json.member("dtype", info.dtype.name)
            try json.member("shape", info.shape.dimensions)
            try json.member("bytes", info.byteCount)
            if let bundle = source as? Bundle { try writeStorage(bundle.index.tensors[index], json) }
          }
        }
      }
    }
  }

  /// Where the tensor lies in the data files; for a sliced one, where its parts do.
  private func writeStorage(_ tensor: BundleIndex.Tensor, _ json: JSONWriter) throws {
    guard tensor.isSliced else {
      try json.member("shard", tensor.entry.shard)
      return try json.member("offset", tensor.entry.offset)
    }
    try json.array("slices") {
      for (slice, part) in zip(tensor.entry.slices, tensor.parts) {
        try json.object {
          try json.member("start", slice.extents.map(\.start))
          try json.member("shape", part.shape.dimensions)
          try json.member("shard", part.shard)
          try json.member("offset", part.offset)
        }
      }
    }
  }
}
