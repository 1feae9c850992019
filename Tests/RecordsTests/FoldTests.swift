import Foundation
import Records
import TestSupport
import Testing

/// Against what the 2017 solution's `split_fold` (through scikit-learn) chose: `records/split_fold.json`.
@Suite struct FoldTests {
  struct Case: Decodable {
    struct Fold: Decodable {
      let train: [Int]
      let test: [Int]
    }

    let n: Int
    let seed: UInt32
    let pattern: String
    let folds: [Fold]
    let trainFiles: [String]?
    let testFiles: [String]?

    enum CodingKeys: String, CodingKey {
      case n, seed, pattern, folds
      case trainFiles = "fold0_train_files"
      case testFiles = "fold0_test_files"
    }
  }

  static func cases() throws -> [Case] {
    try JSONDecoder().decode([Case].self, from: Data(fixtureBytes("records/split_fold.json")))
  }

  @Test func foldsAreThoseOfTheReference() throws {
    let cases = try FoldTests.cases()
    #expect(cases.count == 10)
    for known in cases {
      let found = FoldAssignment(fileCount: known.n, foldCount: 5, seed: known.seed).folds
      #expect(found.map(\.train) == known.folds.map(\.train), "n \(known.n), seed \(known.seed)")
      #expect(found.map(\.test) == known.folds.map(\.test), "n \(known.n), seed \(known.seed)")
    }
  }

  @Test func pathsAndTwinsAreThoseOfTheReference() throws {
    var checked = 0
    for known in try FoldTests.cases() {
      guard let train = known.trainFiles, let test = known.testFiles else { continue }
      let files = (0..<known.n).map {
        known.pattern.replacingOccurrences(of: "*", with: String(format: "%04d", $0))
      }
      let fold = FoldAssignment(fileCount: known.n, foldCount: 5, seed: known.seed).folds[0]
      #expect(FoldAssignment.paths(fold.train, of: files, withTwins: true) == train)
      #expect(FoldAssignment.paths(fold.test, of: files, withTwins: true) == test)
      checked += 1
    }
    #expect(checked >= 4)
  }

  @Test func aFileThatIsNoTrainingFileHasNoTwin() {
    #expect(FoldAssignment.validationTwin(of: "data/a.tfrecord") == nil)
    #expect(FoldAssignment.validationTwin(of: "train/train0.tfrecord") == "validate/validate0.tfrecord")
    #expect(FoldAssignment.paths([0, 1], of: ["x", "train1"], withTwins: true) == ["x", "train1", "validate1"])
    #expect(FoldAssignment.paths([1], of: ["x", "train1"], withTwins: false) == ["train1"])
  }
}
