import Bytes

/// Rearrangements of a tensor's elements into the order in which checkpoints keep them.
package enum ElementOrder {
  /// Reverses the bytes of every `unit`-byte number in place (1, 2, 4 or 8; `bytes.count` a multiple of it).
  package static func swapBytes(_ bytes: UnsafeMutableRawBufferPointer, unit: Int) {
    switch unit {
    case 2: swap(UInt16.self, bytes)
    case 4: swap(UInt32.self, bytes)
    case 8: swap(UInt64.self, bytes)
    default: break
    }
  }

  private static func swap<T: FixedWidthInteger & BitwiseCopyable>(
    _: T.Type, _ bytes: UnsafeMutableRawBufferPointer
  ) {
    for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<T>.size) {
      let value = bytes.loadUnaligned(fromByteOffset: offset, as: T.self)
      bytes.storeBytes(of: value.byteSwapped, toByteOffset: offset, as: T.self)
    }
  }

  /// Copies a column-major tensor into row-major order.
  ///
  /// The first and last axes are walked in tiles, so that both sides stay in the cache; `source` and `target` hold
  /// `shape.elementCount` elements of `size` bytes each.
  package static func rowMajor(
    _ source: UnsafeRawBufferPointer, shape: Shape, elementSize size: Int,
    into target: UnsafeMutableRawBufferPointer
  ) {
    precondition(source.count == shape.elementCount * size && target.count == source.count)
    let extents = shape.dimensions
    guard shape.elementCount > 0 else { return }
    guard extents.filter({ $0 > 1 }).count > 1 else { return target.copyMemory(from: source) }
    let rows = extents[0]
    let columns = extents[extents.count - 1]
    let planes = shape.elementCount / rows / columns
    let middle = Array(extents.dropFirst().dropLast())
    for plane in 0..<planes {
      // The index of the plane in row-major order, taken apart, gives its place in column-major order.
      var rest = plane
      var sourcePlane = 0
      for (axis, extent) in middle.enumerated().reversed() {
        sourcePlane += rest % extent * middle[..<axis].reduce(1, *)
        rest /= extent
      }
      copyPlane(
        Plane(rows: rows, columns: columns, planes: planes, source: sourcePlane, target: plane), size, source,
        target)
    }
  }

  /// One setting of the middle axes: element (row, column) lies at `row + rows * (source + planes * column)` and
  /// goes to `column + columns * (target + planes * row)`.
  private struct Plane {
    let rows: Int
    let columns: Int
    let planes: Int
    let source: Int
    let target: Int
  }

  private static func copyPlane(
    _ plane: Plane, _ size: Int, _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer
  ) {
    switch size {
    case 1: copyPlane(plane, UInt8.self, source, target)
    case 2: copyPlane(plane, UInt16.self, source, target)
    case 4: copyPlane(plane, UInt32.self, source, target)
    case 8: copyPlane(plane, UInt64.self, source, target)
    case 16: copyPlane(plane, SIMD2<UInt64>.self, source, target)
    default:
      for row in 0..<plane.rows {
        for column in 0..<plane.columns {
          let from = (row + plane.rows * (plane.source + plane.planes * column)) * size
          let to = (column + plane.columns * (plane.target + plane.planes * row)) * size
          UnsafeMutableRawBufferPointer(rebasing: target[to..<(to + size)])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[from..<(from + size)]))
        }
      }
    }
  }

  @inline(__always) private static func copyPlane<T: BitwiseCopyable>(
    _ plane: Plane, _: T.Type, _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer
  ) {
    let tile = 32
    let size = MemoryLayout<T>.size
    for firstRow in stride(from: 0, to: plane.rows, by: tile) {
      for firstColumn in stride(from: 0, to: plane.columns, by: tile) {
        for row in firstRow..<min(firstRow + tile, plane.rows) {
          for column in firstColumn..<min(firstColumn + tile, plane.columns) {
            let from = row + plane.rows * (plane.source + plane.planes * column)
            let to = column + plane.columns * (plane.target + plane.planes * row)
            let value = source.loadUnaligned(fromByteOffset: from * size, as: T.self)
            target.storeBytes(of: value, toByteOffset: to * size, as: T.self)
          }
        }
      }
    }
  }
}
