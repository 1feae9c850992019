import Bytes
import Graphs
import Tensors

extension Operator {
  /// The largest elements of rows, and where they are. Of equal ones the first comes first.
  static let sorting: [Operator] = [
    // input, k; sorted
    .plain("TopKV2") { call in
      try call.expect(2)
      let count = try call.integer(1)
      let shape = call.inputs[0].shape
      guard let columns = shape.dimensions.last, count >= 0, count <= columns, call.inputs[0].dtype == .float32
      else {
        throw call.unsupported()
      }
      let final = try call.shape(Array(shape.dimensions.dropLast()) + [count])
      let (values, places) = (try call.allocate(.float32, final), try call.allocate(.int32, final))
      let (from, best, numbers) = (call.inputs[0].floats, values.mutableFloats, places.mutableElements(Int32.self))
      guard columns <= Int(Int32.max), count > 0, from.count > 0 else {
        call.outputs = [values, places]
        return
      }
      call.threads.split(from.count / columns, grain: max(1, (1 << 12) / columns)) { rows in
        for row in rows {
          let line = UnsafeBufferPointer(rebasing: from[row * columns..<(row + 1) * columns])
          // NaN compares with nothing, so it counts as the largest to keep the order total.
          let order = line.indices.sorted { a, b in
            if line[a].isNaN || line[b].isNaN { return line[a].isNaN && (!line[b].isNaN || a < b) }
            return line[a] == line[b] ? a < b : line[a] > line[b]
          }
          for place in 0..<count {
            best[row * count + place] = line[order[place]]
            numbers[row * count + place] = Int32(order[place])
          }
        }
      }
      call.outputs = [values, places]
    },
    extreme("ArgMax") { $0 > $1 },
    extreme("ArgMin") { $0 < $1 },
  ]

  /// input, axis; output_type
  private static func extreme(_ name: String, _ isBetter: @escaping @Sendable (Float, Float) -> Bool) -> Operator {
    Operator(name) { node in
      let isLong = node.attributes.type("output_type")?.dtype != .int32
      return { call in
        try call.expect(2)
        let shape = call.inputs[0].shape
        let axis = try call.axis(try call.integer(1), rank: shape.rank)
        let extent = shape.dimensions[axis]
        guard call.inputs[0].dtype == .float32, extent > 0 else { throw call.unsupported() }
        let inner = shape.count(axis + 1..<shape.rank)
        let values = call.inputs[0].floats
        var dimensions = shape.dimensions
        dimensions.remove(at: axis)
        let final = try call.shape(dimensions)
        let places = (0..<final.elementCount).map { position in
          let start = position / inner * extent * inner + position % inner
          return (1..<extent).reduce(0) {
            isBetter(values[start + $1 * inner], values[start + $0 * inner]) ? $1 : $0
          }
        }
        call.outputs = [try call.integers(places, isLong: isLong).reshaped(final)]
      }
    }
  }
}
