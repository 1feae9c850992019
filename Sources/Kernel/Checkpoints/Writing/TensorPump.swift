import Bytes
import Tensors

/// Produces the bytes of planned tensors on all cores, checking the checksums of what it reads on the way.
///
/// Memory: a few pieces per worker, plus what the inputs' ``TensorSource/contents(of:)`` takes. Pages of mapped
/// inputs are given back as the pump passes them.
public struct TensorPump: Sendable {
  let workers: Workers
  /// Bytes that a worker reads and writes at a time.
  private let pieceSize = 1 << 20

  /// A pump that uses up to that many threads.
  public init(_ workers: Workers) { self.workers = workers }

  /// Writes the bytes of `tensor` in order and returns their CRC-32C.
  ///
  /// - Throws: ``KernelError`` when an input is damaged, or what `sink` throws.
  @discardableResult
  public func pump(_ tensor: PlannedTensor, into sink: any ByteSink) throws -> UInt32 {
    let flow = try Flow(tensor, pieceSize: pieceSize)
    if let file = sink as? AtomicFile {
      let region = file.reserve(tensor.info.byteCount)
      let sums = try workers.map(flow.pieceCount) { piece in
        let range = flow.range(of: piece)
        let sum = try flow.make(piece) { try region.write($0, at: range.lowerBound) }
        if flow.isCopy { flow.inputs[0].bytes.releasePages(range) }
        return sum
      }
      return try flow.check(sums)
    }
    var sums: [PieceSums] = []
    let window = 4 * workers.count
    for start in stride(from: 0, to: flow.pieceCount, by: window) {
      let count = min(window, flow.pieceCount - start)
      if flow.isCopy {
        // The bytes are at hand: checksum them in parallel, then pass them on in one go.
        sums += try workers.map(count) { try flow.make(start + $0) { _ in } }
        let range = flow.range(of: start).lowerBound..<flow.range(of: start + count - 1).upperBound
        try flow.inputs[0].bytes.subview(range).withUnsafeBytes { try sink.write($0) }
        flow.inputs[0].bytes.releasePages(range)
      } else {
        let made = try workers.map(count) { index in
          var copy: ByteView?
          let sum = try flow.make(start + index) { bytes in
            copy = try ByteView(byteCount: bytes.count) { $0.copyMemory(from: bytes) }
          }
          return (sum, copy)
        }
        for (sum, copy) in made {
          sums.append(sum)
          try copy?.withUnsafeBytes { try sink.write($0) }
        }
      }
    }
    return try flow.check(sums)
  }
}

/// Checksums of one piece of the output and of the inputs' bytes that went into it.
private struct PieceSums: Sendable {
  var output: UInt32 = 0
  var inputs: [UInt32] = []
}

/// One tensor on its way from inputs to output, cut into pieces that any thread may make.
private struct Flow: Sendable {
  let tensor: PlannedTensor
  let refs: [TensorRef]
  let inputs: [TensorContents]
  private let inputElementSizes: [Int]
  private let kernel: (any ElementwiseKernel)?
  private let maker: (any PieceMaker)?
  private let outputElementSize: Int
  private let elementsPerPiece: Int
  private let elementCount: Int

  init(_ tensor: PlannedTensor, pieceSize: Int) throws {
    self.tensor = tensor
    switch tensor.content {
    case .stored(let ref):
      refs = [ref]
      inputs = [try ref.source.contents(of: ref.index)]
      kernel = nil
      maker = nil
    case .bytes(let bytes):
      refs = []
      inputs = [TensorContents(bytes: bytes)]
      kernel = nil
      maker = nil
    case .elementwise(let refs, let kernel):
      self.refs = refs
      inputs = try refs.map { try $0.source.contents(of: $0.index) }
      self.kernel = kernel
      maker = nil
    case .made(let maker):
      refs = []
      inputs = []
      kernel = nil
      self.maker = maker
    }
    if kernel == nil {
      outputElementSize = 1
      inputElementSizes = maker == nil ? [1] : []
      elementCount = tensor.info.byteCount
    } else {
      outputElementSize = tensor.info.dtype.byteCount ?? 1
      inputElementSizes = refs.map { $0.info.dtype.byteCount ?? 1 }
      elementCount = tensor.info.shape.elementCount
    }
    for (input, size) in zip(inputs, inputElementSizes) {
      precondition(input.bytes.count == elementCount * size, "plan and contents disagree about the size")
    }
    // Many inputs make smaller pieces, so that what a worker holds at a time does not grow with their number.
    let touched = inputElementSizes.reduce(outputElementSize, +)
    // What is computed takes longer than what is copied: with smaller pieces, small tensors use all threads too.
    elementsPerPiece =
      maker == nil ? max(1, min(pieceSize / outputElementSize, 4 * pieceSize / touched)) : pieceSize / 4
  }

  var isCopy: Bool { kernel == nil && maker == nil }
  var pieceCount: Int { (elementCount + elementsPerPiece - 1) / elementsPerPiece }

  /// The bytes of the output that `piece` makes.
  func range(of piece: Int) -> Range<Int> {
    let elements = elementRange(of: piece)
    return elements.lowerBound * outputElementSize..<elements.upperBound * outputElementSize
  }

  private func elementRange(of piece: Int) -> Range<Int> {
    piece * elementsPerPiece..<min((piece + 1) * elementsPerPiece, elementCount)
  }

  /// Makes one piece, hands it to `body`, and returns its checksums.
  func make(_ piece: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> PieceSums {
    if let maker {
      let range = range(of: piece)
      let out = UnsafeMutableRawBufferPointer.allocate(byteCount: range.count, alignment: 64)
      defer { out.deallocate() }
      try maker.make(range, into: out)
      let bytes = UnsafeRawBufferPointer(out)
      try body(bytes)
      return PieceSums(output: CRC32C.of(bytes))
    }
    guard let kernel else {
      let range = range(of: piece)
      return try inputs[0].bytes.withUnsafeBytes { bytes in
        let bytes = UnsafeRawBufferPointer(rebasing: bytes[range])
        let crc = CRC32C.of(bytes)
        try body(bytes)
        return PieceSums(output: crc, inputs: [crc])
      }
    }
    let elements = elementRange(of: piece)
    let out = UnsafeMutableRawBufferPointer.allocate(byteCount: elements.count * outputElementSize, alignment: 64)
    defer { out.deallocate() }
    var sums = PieceSums(inputs: [UInt32](repeating: 0, count: inputs.count))
    fill(out, elements, kernel, &sums.inputs)
    for (input, size) in zip(inputs, inputElementSizes) {
      input.bytes.releasePages(elements.lowerBound * size..<elements.upperBound * size)
    }
    sums.output = CRC32C.of(UnsafeRawBufferPointer(out))
    try body(UnsafeRawBufferPointer(out))
    return sums
  }

  /// Runs the kernel over blocks that fit the first-level cache, checksumming each input's block while it is there.
  private func fill(
    _ out: UnsafeMutableRawBufferPointer, _ elements: Range<Int>, _ kernel: any ElementwiseKernel,
    _ sums: inout [UInt32]
  ) {
    let blockCount = type(of: kernel).blockCount
    withExtendedLifetime(inputs) {
      let whole = inputs.map { $0.bytes.withUnsafeBytes { $0 } }
      withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: inputs.count) { blocks in
        for start in stride(from: elements.lowerBound, to: elements.upperBound, by: blockCount) {
          let count = min(blockCount, elements.upperBound - start)
          for (index, size) in inputElementSizes.enumerated() {
            let block = UnsafeRawBufferPointer(rebasing: whole[index][(start * size)..<((start + count) * size)])
            blocks.initializeElement(at: index, to: block)
            if inputs[index].uncheckedCRC != nil { sums[index] = CRC32C.extend(sums[index], block) }
          }
          let first = (start - elements.lowerBound) * outputElementSize
          kernel.apply(
            UnsafeBufferPointer(blocks), count: count,
            into: UnsafeMutableRawBufferPointer(rebasing: out[first..<(first + count * outputElementSize)]))
        }
      }
    }
  }

  /// Joins the pieces' checksums, compares the inputs' with what their containers recorded, returns the output's.
  func check(_ sums: [PieceSums]) throws -> UInt32 {
    for (index, input) in inputs.enumerated() {
      guard let expected = input.uncheckedCRC else { continue }
      let found = combined(sums.map { $0.inputs[index] }, elementSize: inputElementSizes[index])
      guard found == expected else {
        throw refs[index].source.damaged(refs[index].index, found: found, expected: expected)
      }
    }
    return combined(sums.map(\.output), elementSize: outputElementSize)
  }

  private func combined(_ sums: [UInt32], elementSize: Int) -> UInt32 {
    sums.enumerated().reduce(0) { crc, piece in
      CRC32C.combine(crc, piece.element, lengthOfB: elementRange(of: piece.offset).count * elementSize)
    }
  }
}
