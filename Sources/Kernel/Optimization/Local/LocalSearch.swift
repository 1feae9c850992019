import CNLopt

/// A local search of NLopt (Johnson, https://nlopt.readthedocs.io) for the largest value of a function in a box.
struct LocalSearch {
  enum Algorithm {
    /// Nelder and Mead's simplex in subspaces (Rowan 1990), which needs no derivatives.
    case sbplx
    /// Limited-memory BFGS (Nocedal 1980), which needs them.
    case lbfgs
  }

  var algorithm: Algorithm
  var lower: [Double]
  var upper: [Double]
  /// How far the first steps go, per dimension; the algorithm's choice if empty.
  var steps: [Double] = []
  var evaluationLimit: Int
  /// The search ends when a step changes no coordinate by more than this.
  var tolerance: Double = 1e-9

  /// The function: takes a point and, if the algorithm asks for it, fills in the derivatives.
  typealias Function = (_ point: [Double], _ gradient: UnsafeMutableBufferPointer<Double>?) throws -> Double

  /// The best point found from `start` on, or `start` itself when the search fails before it has found any.
  ///
  /// - Throws: what `function` throws, which ends the search.
  func maximize(from start: [Double], _ function: Function) throws -> [Double] {
    let count = start.count
    precondition(lower.count == count && upper.count == count, "bounds for each dimension")
    guard count > 0, let search = nlopt_create(algorithm.identifier, UInt32(count)) else { return start }
    defer { nlopt_destroy(search) }
    nlopt_set_lower_bounds(search, lower)
    nlopt_set_upper_bounds(search, upper)
    nlopt_set_maxeval(search, Int32(clamping: max(1, evaluationLimit)))
    nlopt_set_xtol_abs1(search, tolerance)
    if steps.count == count { nlopt_set_initial_step(search, steps) }
    // NLopt refuses a start outside the bounds, which rounding may cause.
    var point = start.indices.map { min(max(start[$0], lower[$0]), upper[$0]) }
    return try withoutActuallyEscaping(function) { function in
      let call = Call(function, best: point)
      nlopt_set_max_objective(search, Call.callback, Unmanaged.passUnretained(call).toOpaque())
      call.search = search
      var value = 0.0
      _ = nlopt_optimize(search, &point, &value)
      if let error = call.error { throw error }
      return call.best
    }
  }

  /// What NLopt hands back at each evaluation.
  private final class Call {
    private let function: Function
    private(set) var best: [Double]
    private var bestValue = -Double.infinity
    private(set) var error: (any Error)?
    var search: nlopt_opt?

    init(_ function: @escaping Function, best: [Double]) {
      self.function = function
      self.best = best
    }

    static let callback: nlopt_func = { count, point, gradient, data in
      guard let data, let point else { return -.infinity }
      let call = Unmanaged<Call>.fromOpaque(data).takeUnretainedValue()
      return call.evaluate(
        Array(UnsafeBufferPointer(start: point, count: Int(count))),
        gradient.map { UnsafeMutableBufferPointer(start: $0, count: Int(count)) })
    }

    private func evaluate(_ point: [Double], _ gradient: UnsafeMutableBufferPointer<Double>?) -> Double {
      guard error == nil else { return -.infinity }
      do {
        let value = try function(point, gradient)
        if value > bestValue { (best, bestValue) = (point, value) }
        return value
      } catch {
        self.error = error
        nlopt_force_stop(search)
        return -.infinity
      }
    }
  }
}

extension LocalSearch.Algorithm {
  fileprivate var identifier: nlopt_algorithm {
    switch self {
    case .sbplx: NLOPT_LN_SBPLX
    case .lbfgs: NLOPT_LD_LBFGS
    }
  }
}
