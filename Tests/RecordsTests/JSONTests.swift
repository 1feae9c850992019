import Bytes
import Glibc
import Records
import TestSupport
import Testing

/// The text form of records.
@Suite struct JSONTests {
  private func payload(_ text: String) throws -> [UInt8] {
    var reader = RecordJSONReader()
    return try Array(text.utf8).withUnsafeBytes { try reader.payload(of: $0) }
  }

  private func text(_ payload: [UInt8]) -> String {
    var text: [UInt8] = []
    _ = payload.withUnsafeBytes { RecordJSON.append($0, to: &text) }
    return String(decoding: text, as: UTF8.self)
  }

  @Test func theTwoRecordsOfTensorFlowRead() throws {
    let payloads = try RecordsTests.payloads(of: fixture("records/tf1/examples.tfrecord"))
    let context = """
      "id": {"bytes": ["vid0"]}, "labels": {"int64": [3, -1, 300]}, "mean_rgb": {"float": [1.5, -2.0]}, "none": {}
      """
    #expect(text(payloads[0]) == "{\"features\": {\(context)}}\n")
    let frames = #"[{"bytes": [{"base64": "AAH/"}]}, {"bytes": [{"base64": "YWL+"}]}]"#
    #expect(text(payloads[1]) == "{\"context\": {\(context)}, \"feature_lists\": {\"rgb\": \(frames)}}\n")
  }

  @Test(arguments: ["{}\n", "{\"features\": {}}\n", "{\"feature_lists\": {}}\n", "{\"raw\": \"CA==\"}\n"])
  func emptyPartsAreKept(line: String) throws {
    #expect(text(try payload(line)) == line)
  }

  @Test func everyByteStringComesBack() throws {
    var random = SplitMix(seed: 1)
    for length in 0..<300 {
      let bytes = (0..<length).map { _ in UInt8.random(in: length % 2 == 0 ? 0...255 : 0...127, using: &random) }
      var builder = ExampleBuilder()
      builder.features { $0.feature("\u{e9}\"\\\n\u{1}") { $0.bytes { $0.add(bytes) } } }
      #expect(try payload(text(builder.payload)) == builder.payload)
    }
  }

  @Test func floatsComeBackBitForBit() throws {
    var random = SplitMix(seed: 2)
    var bits: [UInt32] = [
      0, 1, 0x8000_0000, 0x7f7f_ffff, 0x0080_0000, 0x007f_ffff, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0xffc0_0000,
      0x7f80_0001,
    ]
    bits += (0..<50_000).map { _ in .random(in: 0 ... .max, using: &random) }
    bits += (0..<50_000).map { _ in Float.random(in: -4...4, using: &random).bitPattern }
    var builder = ExampleBuilder()
    builder.features { $0.feature("x") { $0.floats(bits.map(Float.init(bitPattern:))) } }
    #expect(try payload(text(builder.payload)) == builder.payload)
  }

  /// Numbers as others write them, against the C library's reading.
  @Test func decimalsAreReadAsTheCLibraryReadsThem() throws {
    var random = SplitMix(seed: 4)
    for _ in 0..<50_000 {
      let digits = (0..<Int.random(in: 1...17, using: &random)).map { _ in
        "\(Int.random(in: 0...9, using: &random))"
      }
      let point = Int.random(in: 0...digits.count, using: &random)
      var number = "\(Int.random(in: 0...9, using: &random))"
      if point < digits.count { number += "." + digits[point...].joined() }
      if Bool.random(using: &random) { number += "e\(Int.random(in: -45...37, using: &random))" }
      if Bool.random(using: &random) { number = "-" + number }
      let read = try Array(number.utf8).withUnsafeBytes { bytes in
        var reader = JSONReader(bytes)
        return try reader.float()
      }
      #expect(read.bitPattern == strtof(number, nil).bitPattern, "\(number)")
    }
    // Exactly between two floats, and a little above: only one rounding gives the larger.
    for number in ["16777217", "16777217.0000001", "1.00000005960464477539062500000000001"] {
      let read = try Array(number.utf8).withUnsafeBytes { bytes in
        var reader = JSONReader(bytes)
        return try reader.float()
      }
      #expect(read == strtof(number, nil), "\(number)")
    }
  }

  @Test(arguments: [
    "", "[]", "{\"x\": {}}", "{\"features\": 1}", "{\"features\": {}, \"context\": {}}", "{\"raw\": \"A\"}",
    "{\"features\": {}, \"feature_lists\": {}}", "{\"features\": {\"a\": {\"int32\": []}}}",
    "{\"features\": {\"a\": {\"int64\": [1.5]}}}", "{\"features\": {\"a\": {\"int64\": [9223372036854775808]}}}",
    "{\"features\": {\"a\": {\"int64\": [-01]}}}", "{\"features\": {\"a\": {\"float\": [1e39]}}}",
    "{\"features\": {\"a\": {\"float\": [01]}}}", "{\"features\": {\"a\": {\"float\": [\"x\"]}}}",
    "{\"features\": {\"a\": {\"float\": [1.]}}}", "{\"features\": {\"a\": {\"float\": [\"NaN:00000000\"]}}}",
    "{\"features\": {\"a\": {\"bytes\": [{\"base64\": \"AB==\"}]}}}", "{\"features\": {\"a\": {\"bytes\": [{}]}}}",
    "{\"features\": {\"a\": {\"bytes\": [], \"float\": []}}}", "{\"features\": {\"a\": {}, \"a\": {}}}", "{} {}",
  ])
  func whatIsNoRecordIsRefused(line: String) {
    #expect(throws: ByteReader.Fault.self) { try payload(line) }
  }

  @Test func integersOfAllSizesComeBack() throws {
    let values: [Int64] = [0, -1, 1, .max, .min, 99_999_999_999_999_999, -999_999_999_999_999_999, 1 << 62]
    var builder = ExampleBuilder()
    builder.features { $0.feature("n") { $0.int64s(values) } }
    #expect(try payload(text(builder.payload)) == builder.payload)
  }

  @Test func sortedKeysAreThoseOfADeterministicWriter() throws {
    let original = try payloads(of: fixture("records/tf1/examples.tfrecord"))[0]
    let shuffled = """
      {"features": {"none": {}, "mean_rgb": {"float": [1.5, -2]}, "labels": {"int64": [3, -1, 300]}, \
      "id": {"bytes": ["vid0"]}}}
      """
    var sorting = RecordJSONReader(sortsKeys: true)
    #expect(try Array(shuffled.utf8).withUnsafeBytes { try sorting.payload(of: $0) } == original)
    #expect(try payload(shuffled) != original)
  }

  @Test func errorsOfATextNameTheLine() throws {
    let folder = TemporaryFolder()
    let good = "{\"features\": {}}\n"
    let text = String(repeating: good, count: 40_000) + "\n" + good + "{\"features\": }\n" + good
    let error = #expect(throws: KernelError.self) {
      try RecordImport(Workers(2)).run(folder.write(Array(text.utf8), "lines")) { _ in }
    }
    #expect(error?.place == .line(40_003))
    #expect(error?.problem == "byte 13: an object is expected")
  }

  @Test func linesLongerThanAChunkAreRead() throws {
    let folder = TemporaryFolder()
    let long = [UInt8](repeating: UInt8(ascii: "x"), count: 10 << 20)
    var builder = ExampleBuilder()
    builder.features { $0.feature("a") { $0.bytes { $0.add(long) } } }
    let text = text(builder.payload)
    var sizes: [Int] = []
    try RecordImport(Workers(2)).run(folder.write(Array((text + "{}\n" + text).utf8), "lines")) {
      sizes.append($0.count)
    }
    #expect(sizes == [builder.payload.count, 0, builder.payload.count])
  }
}
