import Bytes
import Graphs

/// TensorFlow 1's operators that decide what else runs; the session itself runs them.
///
/// A conditional is `Switch`es that pass a value to one of two outputs and `Merge`s that take what comes; a node with
/// an input that never comes does not run. A loop is a frame: values come in by `Enter`, go round through `Merge`,
/// `Switch` and `NextIteration`, and leave by `Exit`.
enum ControlFlow {
  static let operators: Set<String> = [
    "Switch", "RefSwitch", "Merge", "RefMerge", "Enter", "RefEnter", "Exit", "RefExit", "NextIteration",
    "RefNextIteration", "LoopCond",
  ]

  /// Loops that go round more often than this are refused: frames of videos are hundreds, and a damaged graph must end.
  static let iterationLimit = 1 << 16

  static func isEnter(_ node: Node) -> Bool { node.op == "Enter" || node.op == "RefEnter" }
  static func isExit(_ node: Node) -> Bool { node.op == "Exit" || node.op == "RefExit" }
  static func isSwitch(_ node: Node) -> Bool { node.op == "Switch" || node.op == "RefSwitch" }
  static func isMerge(_ node: Node) -> Bool { node.op == "Merge" || node.op == "RefMerge" }
  static func isNextIteration(_ node: Node) -> Bool { node.op == "NextIteration" || node.op == "RefNextIteration" }
}

/// Which loop each node is in.
struct FrameAssignment {
  /// One loop, inside another or in the graph itself.
  struct Frame {
    let parent: Int
    let name: String
    let depth: Int
  }

  /// The graph itself is frame 0.
  private(set) var frames = [Frame(parent: 0, name: "", depth: 0)]
  /// The frame of each node, by its position.
  private(set) var frameOfNode: [Int]

  /// - Parameter order: all nodes, each after its inputs.
  /// - Throws: ``KernelError`` `.badData` at a node whose inputs are in different frames.
  init(_ graph: Graph, order: [Int]) throws {
    frameOfNode = Array(repeating: 0, count: graph.nodes.count)
    var known: [String: Int] = [:]
    for position in order {
      let node = graph.nodes[position]
      var inside: Int?
      for input in node.inputs {
        guard let source = graph.position(of: input.node) else { continue }
        let sourceNode = graph.nodes[source]
        // The edge that closes a loop comes from a node that is placed later.
        if ControlFlow.isMerge(node), ControlFlow.isNextIteration(sourceNode) { continue }
        let frame = outputFrame(of: source, sourceNode)
        if let other = inside, other != frame {
          throw node.error("its inputs are in different loops", hint: "values enter a loop through Enter only")
        }
        inside = frame
      }
      var frame = inside ?? 0
      if ControlFlow.isEnter(node) {
        let name = String(decoding: node.attributes.bytes("frame_name") ?? [], as: UTF8.self)
        let key = "\(frame)/\(name)"
        if let existing = known[key] {
          frame = existing
        } else {
          frames.append(Frame(parent: frame, name: name, depth: frames[frame].depth + 1))
          guard frames[frames.count - 1].depth <= 32 else { throw node.error("loops are nested more than 32 deep") }
          known[key] = frames.count - 1
          frame = frames.count - 1
        }
      }
      frameOfNode[position] = frame
      if ControlFlow.isExit(node), frame == 0 { throw node.error("leaves a loop but is in none") }
    }
  }

  /// The frame in which a node's outputs are used: an `Exit`'s are outside of its loop.
  func outputFrame(of position: Int, _ node: Node) -> Int {
    ControlFlow.isExit(node) ? frames[frameOfNode[position]].parent : frameOfNode[position]
  }
}
