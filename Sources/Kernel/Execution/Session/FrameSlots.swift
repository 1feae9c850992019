import Graphs

/// Numbers for the values and the flags of one frame.
struct FrameSlots {
  private var slots: [Endpoint: Int] = [:]
  private var flags: [String: Int] = [:]

  var slotCount: Int { slots.count }
  var flagCount: Int { flags.count }

  /// Where the value of `endpoint` is kept.
  mutating func slot(_ endpoint: Endpoint) -> Int {
    if let slot = slots[endpoint] { return slot }
    slots[endpoint] = slots.count
    return slots.count - 1
  }

  /// What tells that the node has run.
  mutating func flag(_ node: String) -> Int {
    if let flag = flags[node] { return flag }
    flags[node] = flags.count
    return flags.count - 1
  }
}
