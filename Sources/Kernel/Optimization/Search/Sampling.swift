import Bytes
import Glibc

/// Points drawn at random, in unit coordinates.
struct Sampling {
  let space: SearchSpace

  /// A point anywhere: weights with all simplex points equally likely, over all models or, every other time, some of
  /// them only; the other coordinates uniform.
  func anywhere(_ random: inout MersenneTwister) -> [Double] {
    let count = space.simplexCount
    var unit = [Double](repeating: 0, count: space.dimension)
    let isSparse = count > 2 && random.uniform() < 0.5
    let share = random.uniform()
    for index in unit.indices {
      // Exponential variates divided by their sum are uniform on the simplex.
      let draw = random.uniform()
      unit[index] = index < count ? (isSparse && random.uniform() > share ? 0 : -log(1 - draw)) : draw
    }
    return space.normalized(unit)
  }

  /// A point about `spread` away from `center` in some of the coordinates, at least one.
  func near(_ center: [Double], spread: Double, _ random: inout MersenneTwister) -> [Double] {
    let share = max(random.uniform(), 1 / Double(center.count))
    let always = min(Int(random.uniform() * Double(center.count)), center.count - 1)
    var unit = center
    for index in unit.indices {
      let (chance, step) = (random.uniform(), random.normal())
      if index == always || chance < share { unit[index] += spread * step }
    }
    return space.normalized(unit)
  }
}

extension MersenneTwister {
  /// A number with mean 0 and variance 1, normally distributed (Box and Muller 1958).
  mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }
}
