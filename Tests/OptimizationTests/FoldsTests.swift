import Bytes
import Testing

@testable import Optimization

@Suite struct FoldsTests {
  /// numpy 2.4: `argsort(RandomState(3).random_sample(7))` is 6, 2, 3, 0, 1, 4, 5.
  @Test func asNumpyDraws() throws {
    let folds = try Folds([40, 10, 20, 30, 0, 60, 50], count: 3, seed: 3)
    let numbers = (0..<3).map { fold in (0..<7).map { $0 * 10 }.filter { folds.contains($0, .fold(fold)) } }
    #expect(numbers == [[0, 50, 60], [10, 20], [30, 40]])
  }

  @Test func eachIsInOneFoldAndTheSizesAreAlike() throws {
    let folds = try Folds(Array(0..<1000), count: 7, seed: 1)
    for number in 0..<1000 {
      #expect((0..<7).filter { folds.contains(number, .fold($0)) }.count == 1)
      #expect((0..<7).filter { folds.contains(number, .others($0)) }.count == 6)
    }
    let sizes = (0..<7).map { fold in (0..<1000).filter { folds.contains($0, .fold(fold)) }.count }
    #expect(sizes.allSatisfy { $0 == 142 || $0 == 143 })
  }

  @Test func fewerPartsThanFoldsAreRefused() {
    #expect(throws: KernelError.self) { try Folds([1, 2], count: 3, seed: 0) }
    #expect(throws: KernelError.self) { try Folds([1, 2], count: 1, seed: 0) }
  }
}
