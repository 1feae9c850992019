import Bytes

/// Builds a sorted table in memory with TensorFlow's block size, restarts and separators, so that the same entries
/// give the same bytes as TensorFlow's writer (specs: formats §4).
///
/// Memory: the table. An index of 10⁵ tensors has about 6 MB.
package struct TableWriter {
  private static let blockSize = 262_144

  private var output: [UInt8] = []
  private var data = BlockBuilder(restartInterval: 16)
  private var index = BlockBuilder(restartInterval: 1)
  private var lastKey: [UInt8] = []
  private var pendingHandle: [UInt8]?
  private var isFirst = true

  package init() {}

  /// Appends an entry; keys must come in strictly increasing byte order.
  package mutating func append(key: [UInt8], value: [UInt8]) {
    precondition(isFirst || lastKey.lexicographicallyPrecedes(key), "table keys must increase")
    if !isFirst, key.count + value.count >= 2 * TableWriter.blockSize { flush() }
    if let handle = pendingHandle {
      index.append(key: TableWriter.separator(after: lastKey, before: key), value: handle)
      pendingHandle = nil
    }
    isFirst = false
    lastKey = key
    data.append(key: key, value: value)
    if data.estimatedSize >= TableWriter.blockSize { flush() }
  }

  /// The finished table.
  package consuming func finish() -> [UInt8] {
    flush()
    let metaindexHandle = emit(BlockBuilder(restartInterval: 16).finished)
    if let handle = pendingHandle { index.append(key: TableWriter.successor(of: lastKey), value: handle) }
    let indexHandle = emit(index.finished)
    let footer = metaindexHandle + indexHandle
    output += footer
    output += [UInt8](repeating: 0, count: TableReader.footerLength - 8 - footer.count)
    output.append(fixed64: TableReader.magic)
    return output
  }

  private mutating func flush() {
    guard !data.isEmpty else { return }
    pendingHandle = emit(data.finished)
    data = BlockBuilder(restartInterval: 16)
  }

  /// Writes a block with its trailer and returns its handle.
  private mutating func emit(_ contents: [UInt8]) -> [UInt8] {
    var handle: [UInt8] = []
    handle.append(varint: output.count)
    handle.append(varint: contents.count)
    let start = output.count
    output += contents
    output.append(0)
    output.append(fixed32: CRC32C.mask(output[start...].withUnsafeBytes { CRC32C.of($0) }))
    return handle
  }

  /// A short key S with `last` ≤ S < `next`.
  private static func separator(after last: [UInt8], before next: [UInt8]) -> [UInt8] {
    let common = zip(last, next).prefix { $0 == $1 }.count
    guard common < min(last.count, next.count), last[common] < 0xff, last[common] + 1 < next[common] else {
      return last
    }
    return last[..<common] + [last[common] + 1]
  }

  /// A short key ≥ `last`.
  private static func successor(of last: [UInt8]) -> [UInt8] {
    guard let position = last.firstIndex(where: { $0 != 0xff }) else { return last }
    return last[..<position] + [last[position] + 1]
  }
}

/// Prefix-compressed entries with restart points.
private struct BlockBuilder {
  let restartInterval: Int
  private var bytes: [UInt8] = []
  private var restarts: [UInt32] = [0]
  private var sinceRestart = 0
  private var lastKey: [UInt8] = []

  init(restartInterval: Int) { self.restartInterval = restartInterval }

  var isEmpty: Bool { bytes.isEmpty }
  var estimatedSize: Int { bytes.count + 4 * restarts.count + 4 }

  mutating func append(key: [UInt8], value: [UInt8]) {
    var shared = 0
    if sinceRestart < restartInterval {
      shared = zip(key, lastKey).prefix { $0 == $1 }.count
    } else {
      restarts.append(UInt32(bytes.count))
      sinceRestart = 0
    }
    bytes.append(varint: shared)
    bytes.append(varint: key.count - shared)
    bytes.append(varint: value.count)
    bytes += key[shared...]
    bytes += value
    lastKey = key
    sinceRestart += 1
  }

  var finished: [UInt8] {
    var block = bytes
    for restart in restarts { block.append(fixed32: restart) }
    block.append(fixed32: UInt32(restarts.count))
    return block
  }
}
