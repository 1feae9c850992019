import Foundation

/// The path of a file under `Tests/Fixtures`.
public func fixture(_ name: String) -> String {
  let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  return tests.appendingPathComponent("Fixtures/" + name).path
}

/// The contents of a file under `Tests/Fixtures`.
public func fixtureBytes(_ name: String) -> [UInt8] { contents(fixture(name)) }

/// A tensor as the program that wrote a fixture shows it.
public struct ExpectedTensor: Equatable, Sendable {
  public var dtype: String
  public var shape: [Int]
  /// Row-major and little-endian; empty for strings.
  public var bytes: [UInt8]
  public var strings: [[UInt8]]?

  /// What `containers/expected.json` says of one of the files beside it.
  public static func inContainer(_ file: String) throws -> [String: ExpectedTensor] {
    let json = try JSONSerialization.jsonObject(with: Data(fixtureBytes("containers/expected.json")))
    let files = json as? [String: [String: [String: Any]]] ?? [:]
    return (files[file] ?? [:]).mapValues { tensor in
      ExpectedTensor(
        dtype: tensor["dtype"] as? String ?? "", shape: tensor["shape"] as? [Int] ?? [],
        bytes: unhex(tensor["bytes"] as? String ?? ""), strings: (tensor["strings"] as? [String])?.map(unhex))
    }
  }
}

/// The bytes that hexadecimal `text` spells.
public func unhex(_ text: String) -> [UInt8] {
  let digits = Array(text.utf8).map { UInt8(Character(Unicode.Scalar($0)).hexDigitValue ?? 0) }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every run.
public struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }

  /// `bytes` damaged in one of the ways that bytes get damaged: flipped bits, a changed byte, a cut, a doubled or
  /// removed stretch, or an extreme number written over four or eight bytes.
  public mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return bytes }
    var bytes = bytes
    let place = Int.random(in: 0..<bytes.count, using: &self)
    switch Int.random(in: 0..<8, using: &self) {
    case 0: bytes[place] = .random(in: 0...255, using: &self)
    case 1: bytes.removeSubrange(place...)
    case 2: bytes.removeSubrange(place..<min(bytes.count, place + .random(in: 1...16, using: &self)))
    case 3: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 16)], at: place)
    case 4:
      let number: [UInt64] = [.max, 1 << 63, 1 << 62, 0x7fff_ffff, 0xffff_ffff, 0]
      let width = Bool.random(using: &self) ? 4 : 8
      withUnsafeBytes(of: number.randomElement(using: &self)!.littleEndian) {
        bytes.replaceSubrange(place..<min(bytes.count, place + width), with: $0.prefix(width))
      }
    default:
      for _ in 0..<Int.random(in: 1...3, using: &self) {
        bytes[.random(in: 0..<bytes.count, using: &self)] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      }
    }
    return bytes
  }
}
