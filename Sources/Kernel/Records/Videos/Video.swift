import Bytes

/// A record read as a YouTube-8M video: id, labels, frames or means, segment ratings.
///
/// Nothing is copied until it is asked for. Errors say which feature is missing or wrong. The schema is passed where it
/// is needed, not kept: threads that read videos of one schema would otherwise contend for its reference count.
package struct Video {
  package let message: RecordMessage

  /// The video's id as it is stored.
  package let id: UnsafeRawBufferPointer

  /// - Throws: ``ByteReader/Fault`` when the message is broken or has no id (`id`, or `video_id` in the 2017 data).
  package init(_ payload: UnsafeRawBufferPointer) throws(ByteReader.Fault) {
    message = RecordMessage(payload)
    id = try Video.id(of: message)
  }

  /// The id of a record, whatever else it holds.
  package static func id(of message: RecordMessage) throws(ByteReader.Fault) -> UnsafeRawBufferPointer {
    if let id = try message.feature("id") { return try string(id, "id") }
    if let id = try message.feature("video_id") { return try string(id, "video_id") }
    throw .init(offset: 0, problem: "there is no feature id")
  }

  private static func string(
    _ feature: Feature, _ name: StaticString
  ) throws(ByteReader.Fault) -> UnsafeRawBufferPointer {
    guard let string = try feature.singleBytes else {
      throw .init(offset: 0, problem: "feature \(name) is not one byte string")
    }
    return string
  }

  /// Calls `body` with each label of the video; nothing is called when it has none.
  package func forEachLabel(_ body: (Int64) -> Void) throws(ByteReader.Fault) { try message.forEachLabel(body) }

  /// Frames of the first input, as many as the schema allows; 1 for a video-level record.
  package func frameCount(_ schema: VideoSchema) throws(ByteReader.Fault) -> Int {
    guard schema.level == .frame, let input = schema.inputs.first else { return 1 }
    return min(try frames(input).count, schema.maxFrames)
  }

  /// The frames of an input.
  private func frames(_ input: VideoSchema.Input) throws(ByteReader.Fault) -> FeatureList {
    guard let list = try message.featureList(input.name) else {
      throw .init(offset: 0, problem: "there is no feature list \(input.name)")
    }
    return list
  }

  /// Writes the video's numbers into a row of a batch: of frames, `maxFrames` rows of ``VideoSchema/rowSize`` dequantized
  /// floats, zeros after the last frame; of video-level records, one row.
  ///
  /// - Returns: the number of frames (1 at video level).
  /// - Throws: ``ByteReader/Fault`` naming the feature that is missing or of another size.
  package func read(
    _ schema: VideoSchema, into out: UnsafeMutableBufferPointer<Float>
  ) throws(ByteReader.Fault) -> Int {
    let rows = schema.level == .frame ? schema.maxFrames : 1
    precondition(out.count == rows * schema.rowSize, "a batch row of another size than the schema's")
    guard let base = out.baseAddress else { return 0 }
    return schema.level == .frame ? try readFrames(schema, base) : try readMeans(schema, base)
  }

  private func readFrames(
    _ schema: VideoSchema, _ out: UnsafeMutablePointer<Float>
  ) throws(ByteReader.Fault) -> Int {
    let rowSize = schema.rowSize
    var column = 0
    var frameCount = 0
    for (number, input) in schema.inputs.enumerated() {
      var row = 0
      try frames(input).forEach { frame throws(ByteReader.Fault) in
        guard row < schema.maxFrames else { return }
        guard let bytes = try frame.singleBytes else {
          throw .init(offset: 0, problem: "frame \(row) of \(input.name) is not one string of bytes")
        }
        guard bytes.count == input.size else {
          throw .init(
            offset: 0, problem: "frame \(row) of \(input.name) has \(bytes.count) bytes, not \(input.size)")
        }
        FrameQuantization.dequantize(bytes, into: out + row * rowSize + column)
        row += 1
      }
      for empty in row..<max(row, schema.maxFrames) {
        (out + empty * rowSize + column).update(repeating: 0, count: input.size)
      }
      if number == 0 { frameCount = row }
      column += input.size
    }
    return frameCount
  }

  private func readMeans(
    _ schema: VideoSchema, _ out: UnsafeMutablePointer<Float>
  ) throws(ByteReader.Fault) -> Int {
    var column = 0
    for input in schema.inputs {
      guard let feature = try message.feature(input.name) else {
        throw .init(offset: 0, problem: "there is no feature \(input.name)")
      }
      var filled = 0
      try feature.forEachFloats { run throws(ByteReader.Fault) in
        let count = run.count / 4
        guard filled + count <= input.size else {
          throw .init(offset: 0, problem: "feature \(input.name) has more than \(input.size) floats")
        }
        UnsafeMutableRawPointer(out + column + filled).copyMemory(
          from: run.baseAddress ?? UnsafeRawPointer(out), byteCount: run.count)
        filled += count
      }
      guard filled == input.size else {
        throw .init(offset: 0, problem: "feature \(input.name) has \(filled) floats, not \(input.size)")
      }
      column += input.size
    }
    return 1
  }
}
