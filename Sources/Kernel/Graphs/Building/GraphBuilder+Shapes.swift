import Bytes
import Tensors

/// Operators that move elements without computing with them.
extension GraphBuilder {
  /// The extents of a tensor at run time, a vector of int32.
  package func shape(of x: GraphTensor) throws -> GraphTensor {
    try node(
      "Shape", [x], ["T": .type(TypeCode(x.dtype)), "out_type": .type(TypeCode(.int32))],
      outputs: [(.int32, [x.rank])])[0]
  }

  /// The same elements in other extents, of which one may be -1: as many as are left.
  package func reshape(_ x: GraphTensor, _ dimensions: [Int]) throws -> GraphTensor {
    try reshape(x, constant(dimensions, name: "shape"), knownAs: dimensions)
  }

  /// The same elements in extents that are computed.
  package func reshape(_ x: GraphTensor, _ shape: GraphTensor, knownAs dimensions: [Int]) throws -> GraphTensor {
    if let all = Shape(x.dimensions), let target = Shape(dimensions), all.elementCount != target.elementCount {
      throw misfit("Reshape", [x, shape])
    }
    return try simple("Reshape", [x, shape], ["Tshape": .type(TypeCode(.int32))], to: dimensions)
  }

  /// The axes in another order.
  package func transpose(_ x: GraphTensor, _ order: [Int]) throws -> GraphTensor {
    guard order.sorted() == Array(x.dimensions.indices) else { throw misfit("Transpose", [x]) }
    return try simple(
      "Transpose", [x, constant(order, name: "perm")], ["Tperm": .type(TypeCode(.int32))],
      to: order.map { x.dimensions[$0] })
  }

  /// One more axis, of extent 1.
  package func expandDims(_ x: GraphTensor, axis: Int) throws -> GraphTensor {
    guard (0...x.rank).contains(axis) else { throw misfit("ExpandDims", [x]) }
    var dimensions = x.dimensions
    dimensions.insert(1, at: axis)
    return try simple(
      "ExpandDims", [x, constant(axis, name: "dim")], ["Tdim": .type(TypeCode(.int32))], to: dimensions)
  }

  /// Tensors one after the other along an axis.
  package func concat(_ parts: [GraphTensor], axis: Int) throws -> GraphTensor {
    guard let first = parts.first, first.dimensions.indices.contains(axis),
      parts.allSatisfy({ $0.rank == first.rank && $0.dtype == first.dtype })
    else { throw misfit("ConcatV2", parts) }
    if parts.count == 1 { return first }
    var dimensions = first.dimensions
    let sizes = parts.map { $0.dimensions[axis] }
    dimensions[axis] = sizes.contains { $0 < 0 } ? -1 : sizes.reduce(0, +)
    return try node(
      "ConcatV2", parts + [constant(axis, name: "axis")], name: "concat",
      ["T": .type(TypeCode(first.dtype)), "N": .int(parts.count), "Tidx": .type(TypeCode(.int32))],
      outputs: [(first.dtype, dimensions)])[0]
  }

  /// The elements `range` of an axis.
  package func slice(_ x: GraphTensor, axis: Int, _ range: Range<Int>) throws -> GraphTensor {
    guard x.dimensions.indices.contains(axis), x.dimensions[axis] < 0 || range.upperBound <= x.dimensions[axis]
    else { throw misfit("Slice", [x]) }
    var (begin, size, dimensions) = (
      Array(repeating: 0, count: x.rank), Array(repeating: -1, count: x.rank), x.dimensions
    )
    begin[axis] = range.lowerBound
    size[axis] = range.count
    dimensions[axis] = range.count
    return try simple(
      "Slice", [x, constant(begin, name: "begin"), constant(size, name: "size")],
      ["Index": .type(TypeCode(.int32))], to: dimensions)
  }

  /// The outermost dimension's tensors, one by one.
  package func unpack(_ x: GraphTensor) throws -> [GraphTensor] {
    guard let count = x.dimensions.first, count >= 0 else { throw misfit("Unpack", [x]) }
    return try node(
      "Unpack", [x], ["T": .type(TypeCode(x.dtype)), "num": .int(count), "axis": .int(0)],
      outputs: Array(repeating: (x.dtype, Array(x.dimensions.dropFirst())), count: count))
  }

  /// Tensors of one shape, made one with a new axis.
  package func pack(_ parts: [GraphTensor], axis: Int = 0) throws -> GraphTensor {
    guard let first = parts.first, (0...first.rank).contains(axis),
      parts.allSatisfy({ $0.rank == first.rank && $0.dtype == first.dtype })
    else { throw misfit("Pack", parts) }
    var dimensions = first.dimensions
    dimensions.insert(parts.count, at: axis)
    return try simple("Pack", parts, ["N": .int(parts.count), "axis": .int(axis)], to: dimensions)
  }

  /// As many copies of x along each axis.
  package func tile(_ x: GraphTensor, _ multiples: GraphTensor, knownAs dimensions: [Int]) throws -> GraphTensor {
    try simple("Tile", [x, multiples], ["Tmultiples": .type(TypeCode(.int32))], to: dimensions)
  }

  /// A tensor of one value.
  package func fill(_ shape: GraphTensor, _ value: GraphTensor, knownAs dimensions: [Int]) throws -> GraphTensor {
    try node(
      "Fill", [shape, value], ["T": .type(TypeCode(value.dtype)), "index_type": .type(TypeCode(.int32))],
      outputs: [(value.dtype, dimensions)])[0]
  }

  /// Zeros in the shape of another tensor.
  package func zeros(like x: GraphTensor) throws -> GraphTensor {
    try simple("ZerosLike", [x], name: "zeros_like", to: x.dimensions)
  }

  /// 0, 1, … below a limit that is computed.
  package func range(_ limit: GraphTensor, knownAs count: Int = -1) throws -> GraphTensor {
    try node(
      "Range", [constant(0, name: "start"), limit, constant(1, name: "delta")], name: "range",
      ["Tidx": .type(TypeCode(.int32))], outputs: [(.int32, [count])])[0]
  }

  /// The one number at a place of a vector.
  package func element(_ x: GraphTensor, _ index: Int) throws -> GraphTensor {
    guard x.rank == 1 else { throw misfit("StridedSlice", [x]) }
    let stack = try [[index], [index + 1], [1]].map { try constant($0, name: "stack") }
    return try node(
      "StridedSlice", [x] + stack, name: "strided_slice",
      [
        "T": .type(TypeCode(x.dtype)), "Index": .type(TypeCode(.int32)), "begin_mask": .int(0), "end_mask": .int(0),
        "ellipsis_mask": .int(0), "new_axis_mask": .int(0), "shrink_axis_mask": .int(1),
      ], outputs: [(x.dtype, [])])[0]
  }

  /// The slices of x that the rows of indices name.
  package func gatherND(_ x: GraphTensor, _ indices: GraphTensor) throws -> GraphTensor {
    let depth = indices.width
    guard indices.rank >= 1, (1...max(1, x.rank)).contains(depth), depth <= x.rank else {
      throw misfit("GatherNd", [x, indices])
    }
    return try node(
      "GatherNd", [x, indices], ["Tparams": .type(TypeCode(x.dtype)), "Tindices": .type(TypeCode(indices.dtype))],
      outputs: [(x.dtype, indices.dimensions.dropLast() + x.dimensions.dropFirst(depth))])[0]
  }

  /// The largest elements along the last axis in falling order, of equal ones the first.
  ///
  /// - Returns: the elements and their places, `[…, count]`.
  package func topK(_ x: GraphTensor, _ count: Int) throws -> (values: GraphTensor, places: GraphTensor) {
    guard x.rank >= 1, x.width < 0 || count <= x.width else { throw misfit("TopKV2", [x]) }
    let dimensions = Array(x.dimensions.dropLast()) + [count]
    let outputs = try node(
      "TopKV2", [x, constant(count, name: "k")], ["T": .type(TypeCode(x.dtype)), "sorted": .bool(true)],
      outputs: [(x.dtype, dimensions), (.int32, dimensions)])
    return (outputs[0], outputs[1])
  }

  /// Along axis `sequence`, the first `lengths[b]` elements in reverse order, for each `b` of axis `batch`.
  package func reverseSequence(_ x: GraphTensor, _ lengths: GraphTensor, sequence: Int, batch: Int) throws
    -> GraphTensor
  {
    guard x.dimensions.indices.contains(sequence), x.dimensions.indices.contains(batch), lengths.rank == 1 else {
      throw misfit("ReverseSequence", [x, lengths])
    }
    return try simple(
      "ReverseSequence", [x, lengths],
      ["seq_dim": .int(sequence), "batch_dim": .int(batch), "Tlen": .type(TypeCode(lengths.dtype))],
      to: x.dimensions)
  }
}

extension GraphBuilder {
  /// The parts of an axis, of these sizes.
  package func split(_ x: GraphTensor, _ sizes: [Int], axis: Int) throws -> [GraphTensor] {
    guard x.dimensions.indices.contains(axis), x.dimensions[axis] < 0 || x.dimensions[axis] == sizes.reduce(0, +)
    else { throw misfit("SplitV", [x]) }
    if sizes.count == 1 { return [x] }
    return try node(
      "SplitV", [x, constant(sizes, name: "size_splits"), constant(axis, name: "split_dim")], name: "split",
      [
        "T": .type(TypeCode(x.dtype)), "Tlen": .type(TypeCode(.int32)), "num_split": .int(sizes.count),
      ],
      outputs: sizes.map { size in
        var dimensions = x.dimensions
        dimensions[axis] = size
        return (x.dtype, dimensions)
      })
  }
}
