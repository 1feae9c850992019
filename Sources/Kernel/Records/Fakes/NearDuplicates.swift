import Bytes

/// Which vectors point almost the same way as an earlier one, found without comparing all pairs.
///
/// Candidates share one of the ``SignSketch/bandCount`` keys; each is then compared by its quantized cosine, so what is
/// reported is true to 5e-4. What is missed: of pairs with a cosine of 0.95 about 2 %, of 0.98 and above less than
/// 0.01 %; and in a crowd of thousands with the same key, those that are similar only to members after the first 64.
///
/// Memory: 250 bytes a vector. Time: n log n.
struct NearDuplicates {
  /// For each candidate the earliest that was found similar (a position among the candidates), and their cosine.
  private(set) var matches: [(earlier: Int, cosine: Float)?]

  /// The lowest similarity for which the keys are long and many enough.
  static let lowestSimilarity: Float = 0.95
  /// Members of a crowd that each newcomer is compared with.
  private static let crowdLimit = 64

  /// Compares the vectors with the numbers `candidates`.
  init(_ vectors: QuantizedVectors, among candidates: [Int], similarity: Float, _ workers: Workers) throws {
    let sketch = SignSketch(dimension: vectors.dimension)
    let blockSize = 4096
    let blockCount = (candidates.count + blockSize - 1) / blockSize
    let keys = try workers.map(blockCount) { block in
      sketch.keys(of: vectors, candidates[(block * blockSize)..<min((block + 1) * blockSize, candidates.count)])
    }
    let found = try workers.map(SignSketch.bandCount) { band in
      NearDuplicates.pairs(of: vectors, candidates, similarity) { index in
        keys[index / blockSize][index % blockSize * SignSketch.bandCount + band]
      }
    }
    matches = Array(repeating: nil, count: candidates.count)
    for pair in found.joined() where matches[pair.later].map({ pair.earlier < $0.earlier }) ?? true {
      matches[pair.later] = (pair.earlier, pair.cosine)
    }
  }

  private struct Pair: Sendable {
    let earlier: Int
    let later: Int
    let cosine: Float
  }

  /// For each candidate the first similar one among those before it with the same key.
  private static func pairs(
    of vectors: QuantizedVectors, _ candidates: [Int], _ similarity: Float, key: (Int) -> UInt32
  ) -> [Pair] {
    let sorted = candidates.indices.filter { !vectors.isZero(candidates[$0]) }
      .map { UInt64(key($0)) << 32 | UInt64($0) }.sorted()
    var pairs: [Pair] = []
    var crowdStart = 0
    for (place, entry) in sorted.enumerated() {
      if sorted[crowdStart] >> 32 != entry >> 32 { crowdStart = place }
      let later = Int(entry & 0xffff_ffff)
      for candidate in sorted[crowdStart..<min(place, crowdStart + crowdLimit)] {
        let earlier = Int(candidate & 0xffff_ffff)
        let cosine = vectors.cosine(candidates[earlier], candidates[later])
        if cosine >= similarity {
          pairs.append(Pair(earlier: earlier, later: later, cosine: cosine))
          break
        }
      }
    }
    return pairs
  }
}
