import Bytes
import Execution
import Gradients
import Graphs
import Tensors
import Testing

/// Compares the gradients of a small graph with what changes when its inputs change a little.
enum FiniteDifferences {
  typealias Body = (GraphBuilder, [GraphTensor]) throws -> GraphTensor

  /// - Parameters:
  ///   - shapes: of the inputs, which get values between -1 and 1 that look random, away from 0, plus `shift`.
  ///   - hidden: which extents the graph is not told.
  /// - Returns: the largest difference, as a part of the largest gradient.
  static func worst(
    _ shapes: [[Int]], shift: Float = 0, hidden: Set<Int> = [], sourceLocation: SourceLocation = #_sourceLocation,
    _ body: Body
  ) throws -> Double {
    let build = GraphBuilder()
    let inputs = try shapes.enumerated().map { index, shape in
      let told = shape.enumerated().map { hidden.contains($0) && shape.count > 1 ? -1 : $1 }
      return try build.placeholder("x\(index)", .float32, told)
    }
    let result = try body(build, inputs)
    // Different weights, so that the elements' gradients do not make up for each other.
    let count = try build.node(
      "Size", [result], ["T": .type(TypeCode(.float32)), "out_type": .type(TypeCode(.int32))],
      outputs: [(.int32, [])])[0]
    let numbers = try build.cast(build.range(count), to: .float32)
    let weights = try build.unary("Cos", build.multiply(numbers, 0.7))
    let flat = try build.reshape(result, [-1])
    let loss = try build.sum(build.multiply(flat, weights), [0])
    let gradients = try build.gradients(of: loss, for: inputs)
    let session = try Session(build.meta, path: "test")
    var values = shapes.enumerated().map { index, shape in
      (0..<shape.reduce(1, *)).map { element -> Float in
        let wave = (Float((element * 7919 + index * 104729 + 13) % 1000) / 500 - 1)
        return (abs(wave) < 0.05 ? wave + 0.1 : wave) + shift
      }
    }
    func feeds() throws -> [Endpoint: Tensor] {
      var feeds: [Endpoint: Tensor] = [:]
      for (index, shape) in shapes.enumerated() {
        let shape = try #require(Shape(shape))
        feeds[inputs[index].endpoint] = Tensor(values[index], shape)
      }
      return feeds
    }
    let fetches = try gradients.map { try #require($0, sourceLocation: sourceLocation).endpoint }
    let found = try session.run(fetches, feeding: feeds())
    func lossNow() throws -> Double {
      // Summed here, since float32 loses what is looked for.
      let terms = try session.run([flat.endpoint, weights.endpoint], feeding: feeds())
      return zip(terms[0].array(of: Float.self), terms[1].array(of: Float.self)).reduce(0) {
        $0 + Double($1.0) * Double($1.1)
      }
    }
    let step: Float = 1 / 128
    var (largest, worst) = (1e-3, 0.0)
    for index in shapes.indices {
      #expect(found[index].shape.dimensions == shapes[index], sourceLocation: sourceLocation)
      let gradient = found[index].array(of: Float.self)
      for element in values[index].indices {
        let kept = values[index][element]
        values[index][element] = kept + step
        let above = try lossNow()
        values[index][element] = kept - step
        let below = try lossNow()
        values[index][element] = kept
        let expected = (above - below) / Double(2 * step)
        largest = max(largest, abs(expected))
        worst = max(worst, abs(expected - Double(gradient[element])))
      }
    }
    return worst / largest
  }
}
