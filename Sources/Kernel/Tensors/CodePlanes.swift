/// How codes of fewer than eight bits lie in bytes: as planes of 4, 2 and 1 bits, one after another.
///
/// A plane holds some bits of every code, the first plane the lowest; a byte of it those of 8, 4 or 2 neighbours, the
/// first in its lowest bits. So a code is the sum of what small tables say of the planes' bytes, which any TensorFlow can
/// compute. A code of eight bits is a byte.
package struct CodePlanes: Equatable, Sendable {
  package struct Plane: Equatable, Sendable {
    /// Bits of each code that it holds.
    package let bits: Int
    /// The lowest of these, counted from the code's lowest.
    package let shift: Int
    /// Where its bytes lie among all.
    package let bytes: Range<Int>

    package var codesPerByte: Int { 8 / bits }
  }

  package let planes: [Plane]
  package let elementCount: Int

  /// - Parameter bits: 1 to 8.
  package init(bits: Int, elementCount: Int) {
    var planes: [Plane] = []
    var start = 0
    var shift = 0
    for width in [8, 4, 2, 1] where (bits - shift) & width != 0 && shift < bits {
      let perByte = 8 / width
      let count = elementCount / perByte + (elementCount % perByte == 0 ? 0 : 1)
      planes.append(Plane(bits: width, shift: shift, bytes: start..<start + count))
      start += count
      shift += width
    }
    self.planes = planes
    self.elementCount = elementCount
  }

  /// Bytes of all planes.
  package var byteCount: Int { planes.last?.bytes.upperBound ?? 0 }
}
