/// Finds the code of a number: the level with the least squared distance in float64, the first of several, exactly as
/// numpy's `argmin` over `(x - levels)**2` does.
///
/// Codes grow with the numbers. So for each code the largest float32 number that gets it or a lower one is looked for
/// once, by halving and with that very rule; a number's code is then the number of these borders below it. A table says
/// for each cell of ``FloatKey`` between which codes its numbers have theirs. Memory: 512 KiB, next to nothing without
/// that table. Codes of even steps are computed sixteen at a time.
struct NearestCode: Sendable {
  /// For each code the largest number that gets it or a lower one; infinity for the last.
  private let borders: [Float]
  /// For each cell the codes of its first and last number, the latter above 8 bits; empty for few numbers.
  private let cells: [UInt16]
  private let steps: EvenSteps?

  /// - Parameter count: about how many numbers are to be encoded.
  init(_ codebook: Codebook, for count: Int) {
    let levels = codebook.levels
    var borders: [Float] = []
    for code in 0..<max(levels.count - 1, 0) {
      // The border lies before the next level that differs; without one all numbers above get this code too.
      guard let next = levels[code...].first(where: { $0 > levels[code] }) else {
        borders.append(.infinity)
        continue
      }
      var low = FloatKey.key(Float(levels[code]).nextDown)
      var high = FloatKey.key(Float(next).nextUp)
      while low < high {
        let middle = low + (high - low) / 2 + 1
        if NearestCode.code(of: Double(FloatKey.value(middle)), levels) <= code {
          low = middle
        } else {
          high = middle - 1
        }
      }
      borders.append(FloatKey.value(low))
    }
    borders.append(.infinity)
    self.borders = borders
    steps = codebook.isEven ? EvenSteps(levels) : nil
    cells = count < 1 << 17 || steps != nil ? [] : NearestCode.cells(borders)
  }

  private static func cells(_ borders: [Float]) -> [UInt16] {
    var cells = [UInt16](repeating: 0, count: FloatKey.cellCount)
    var first = 0
    for cell in FloatKey.cell(FloatKey.finite.lowerBound)...FloatKey.cell(FloatKey.finite.upperBound) {
      let keys = UInt32(cell) << FloatKey.lowBits
      func advance(_ code: Int, to key: UInt32) -> Int {
        let value = FloatKey.value(key)
        var code = code
        while borders[code] < value { code += 1 }
        return code
      }
      first = advance(first, to: max(keys, FloatKey.finite.lowerBound))
      let last = advance(first, to: min(keys | FloatKey.lowMask, FloatKey.finite.upperBound))
      cells[cell] = UInt16(first) | UInt16(last) << 8
    }
    return cells
  }

  /// The rule itself.
  ///
  /// Rounded distances do not decrease with the distance, so the nearest levels are neighbours of `x`, and others that
  /// are as near follow one after another.
  static func code(of x: Double, _ levels: [Double]) -> Int {
    func distance(_ code: Int) -> Double { (x - levels[code]) * (x - levels[code]) }
    var low = 0
    var high = levels.count
    while low < high {
      let middle = (low + high) / 2
      if levels[middle] <= x { low = middle + 1 } else { high = middle }
    }
    var code = max(low - 1, 0)
    if low < levels.count, distance(low) < distance(code) { code = low }
    while code > 0, distance(code - 1) <= distance(code) { code -= 1 }
    return code
  }

  /// Writes the codes of finite numbers.
  func encode(_ values: FloatBytes, into codes: UnsafeMutablePointer<UInt8>) {
    borders.withUnsafeBufferPointer { borders in
      if let steps {
        return steps.encode(values, into: codes) {
          NearestCode.search($0, borders, from: 0, to: borders.count - 1)
        }
      }
      guard !cells.isEmpty else {
        for index in 0..<values.count {
          codes[index] = NearestCode.search(values[index], borders, from: 0, to: borders.count - 1)
        }
        return
      }
      cells.withUnsafeBufferPointer { cells in
        for index in 0..<values.count {
          let value = values[index]
          let range = cells[FloatKey.cell(FloatKey.key(value))]
          codes[index] = NearestCode.search(value, borders, from: Int(range & 0xff), to: Int(range >> 8))
        }
      }
    }
  }

  /// The first of the codes from `first` to `last` whose border is not below `value`; `last` when there is none.
  @inline(__always) private static func search(
    _ value: Float, _ borders: UnsafeBufferPointer<Float>, from first: Int, to last: Int
  ) -> UInt8 {
    var code = first
    var count = last &- first
    while count > 0 {
      let half = count >> 1
      if borders[code &+ half] < value {
        code &+= half &+ 1
        count &-= half &+ 1
      } else {
        count = half
      }
    }
    return UInt8(truncatingIfNeeded: code)
  }
}
