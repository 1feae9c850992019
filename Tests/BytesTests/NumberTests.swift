import Foundation
import TestSupport
import Testing

@testable import Bytes

@Suite struct NumberTests {
  private func double(_ text: String) -> (value: Double, length: Int) {
    var text = text
    return text.withUTF8 { bytes in
      guard var cursor = bytes.baseAddress else { return (.nan, 0) }
      let start = cursor
      let value = DecimalReading.double(&cursor, start + bytes.count)
      return (value, cursor - start)
    }
  }

  private func float(_ text: String) -> Float {
    var text = text
    return text.withUTF8 { bytes in
      guard var cursor = bytes.baseAddress else { return .nan }
      return DecimalReading.float(&cursor, cursor + bytes.count)
    }
  }

  private func check(_ text: String) {
    let found = double(text)
    #expect(found.value.bitPattern == strtod(text, nil).bitPattern, "\(text)")
    #expect(found.length == text.utf8.count, "\(text)")
    // Words are only read where there are more bytes.
    for more in [" 1 0.5 23 0.25 345 0.125", "\t", "x12345678901234567890"] {
      let found = double(text + more)
      #expect(found.value.bitPattern == strtod(text, nil).bitPattern, "\(text) before \(more)")
      #expect(found.length == text.utf8.count, "\(text) before \(more)")
    }
    #expect(float(text).bitPattern == strtof(text, nil).bitPattern, "\(text) as a float")
  }

  @Test(arguments: [
    "0", "-0", "0.0", "00012", "1", "-1", "+1", "5.", ".5", "-.5e3", "1e5", "1E-5", "0.30000000000000004",
    "1e22", "1e23", "9007199254740993", "9007199254740992.5", "18446744073709551615", "18446744073709551616",
    "9223372036854775807e-27", "1e-45", "7e-46", "1.4e-45", "4.9406564584124654e-324", "2.4703282292062327e-324",
    "2.4703282292062328e-324", "2.2250738585072011e-308", "1.7976931348623157e308", "1.7976931348623159e308",
    "1e400", "-1e400", "1e-400", "1e99999999999999999999", "1e-99999999999999999999", "0e99999999999999999999",
    "1.00000017881393432617187499", "1.00000017881393432617187500", "1.00000017881393432617187501",
    "16777217", "16777219", "33554431.999999999", "3.4028235677973366e38", "3.4028235e38", "1.1754943e-38",
    "0.1234567890123456789012345678901234567890", "1234567890123456789012345678901234567890",
    "0.000000000000000000000000000000000000000012345678901234567890", "6.8456e-28", "123456789e-35",
  ]) func textReadsAsTheCLibraryReadsIt(_ text: String) { check(text) }

  @Test func randomTextReadsAsTheCLibraryReadsIt() {
    var random = SplitMix(seed: 3)
    for _ in 0..<100_000 {
      let digits = String(
        UInt64.random(in: 0...UInt64.max >> UInt64.random(in: 0..<64, using: &random), using: &random))
      var text = digits
      if Bool.random(using: &random) {
        text.insert(
          ".", at: text.index(text.startIndex, offsetBy: Int.random(in: 0...digits.count, using: &random)))
      }
      if Bool.random(using: &random) { text += "e\(Int.random(in: -60...60, using: &random))" }
      if Int.random(in: 0..<50, using: &random) == 0 { text += "e\(Int.random(in: -330...310, using: &random))" }
      guard
        !text.dropFirst(
          text.firstIndex(of: "e").map { text.distance(from: text.startIndex, to: $0) + 1 } ?? text.count
        )
        .contains("e")
      else { continue }
      check(text)
    }
  }

  @Test func fractionsOfAnyLengthReadAsTheCLibraryReadsThem() {
    var random = SplitMix(seed: 6)
    for _ in 0..<1000 {
      for count in 0...18 {
        let digits = (0..<count).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
        let zeros = String(repeating: "0", count: Int.random(in: 0...min(3, count), using: &random))
        check("\(Int.random(in: 0...9, using: &random)).\(zeros)\(digits.dropFirst(zeros.count))")
      }
    }
    check("0.0625e2")
    check("0.12345678E-3")
  }

  /// Numbers exactly between two doubles, or two floats, and just beside that.
  @Test func halvesReadAsTheCLibraryReadsThem() {
    var random = SplitMix(seed: 4)
    for _ in 0..<5_000 {
      let exponent = Int.random(in: -40...40, using: &random)
      let value = Double(sign: .plus, exponent: exponent, significand: .random(in: 1..<2, using: &random))
      let half = exactText(Float80(value) + Float80(value.ulp / 2))
      check(half)
      check(half + "1")
      let float = Float(value)
      check(exactText(Float80(float) + Float80(float.ulp / 2)))
    }
  }

  private func exactText(_ value: Float80) -> String {
    withVaList([value]) { arguments -> String in
      var buffer = [CChar](repeating: 0, count: 400)
      vsnprintf(&buffer, buffer.count, "%.150Lf", arguments)
      return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }

  @Test func whatIsNoNumberIsNone() {
    for text in ["", "-", "+", ".", "-.", "e5", "nan", "inf", "x", " 1", "--1"] {
      let found = double(text)
      #expect(found.value.isNaN && found.length == 0, "\(text)")
    }
    // What follows a number is not consumed.
    for (text, length) in [("1 2", 1), ("1e", 1), ("1e+", 1), ("0x10", 1), ("1_000", 1), ("1..2", 2), ("1,5", 1)] {
      #expect(double(text).length == length, "\(text)")
    }
  }

  @Test func numbersAreWrittenAsTheCLibraryWritesThem() {
    var random = SplitMix(seed: 5)
    var values: [Double] = [
      0, -0.0, 1, -1, 0.5, 1.5, 2.5, 0.1, 100_000, 999_999.5, 1_000_000, 999_999.4999, 0.0001, 0.00001, 9.999995e-5,
      0.000099999949, 1e22, 1e23, 1e-300, 1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.0305404,
      123_456_789,
      0.0000152587890625,
    ]
    for exponent in -25...20 {
      let power = Double("1e\(exponent)") ?? 0
      values += [power.nextDown, power, power.nextUp, 9.999995 * power, 9.9999949999 * power]
    }
    for _ in 0..<40_000 {
      values.append(Double.random(in: 0...1, using: &random))
      values.append(Double(Float.random(in: 0...1, using: &random)))
      values.append(Double(bitPattern: .random(in: 0...UInt64.max, using: &random)))
      let exponent = Int.random(in: -40...40, using: &random)
      values.append(Double(sign: .minus, exponent: exponent, significand: .random(in: 1..<2, using: &random)))
      values.append(Double(Int.random(in: 0...2_000_000, using: &random)) / 1_000_000)
    }
    for value in values where value.isFinite {
      #expect(NumberFormat.reference.text(value) == String(format: "%g", value))
      let count = Int.random(in: 1...17, using: &random)
      #expect(NumberFormat.significant(count).text(value) == String(format: "%.\(count)g", value))
      #expect(NumberFormat.fixed(6).text(value) == String(format: "%f", value))
      let places = Int.random(in: 0...17, using: &random)
      #expect(NumberFormat.fixed(places).text(value) == String(format: "%.\(places)f", value))
      #expect(Double(NumberFormat.shortest.text(value)) == value)
    }
  }

  @Test func shortestTextsAreShort() {
    #expect(NumberFormat.shortest.text(1) == "1")
    #expect(NumberFormat.shortest.text(-0.1) == "-0.1")
    #expect(NumberFormat.shortest.text(1e-5) == "1e-05")
    #expect(NumberFormat.shortest.text(1e100) == "1e+100")
  }
}
