import Bytes

extension [UInt8] {
  /// Appends a record, framed and checksummed, with this payload.
  package mutating func append(recordOf payload: [UInt8]) {
    RecordFrame.withHeader(payloadLength: payload.count) { append(contentsOf: $0) }
    append(contentsOf: payload)
    payload.withUnsafeBytes { RecordFrame.withFooter(of: $0) { append(contentsOf: $0) } }
  }
}
