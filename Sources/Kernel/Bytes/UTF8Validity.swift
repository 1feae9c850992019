extension UnsafeRawBufferPointer {
  /// Whether the bytes are valid UTF-8; copies nothing.
  package var isValidUTF8: Bool {
    if allSatisfy({ $0 < 0x80 }) { return true }
    return withMemoryRebound(to: UInt8.self) { (try? UTF8Span(validating: $0.span)) != nil }
  }
}
