import Bytes
import TestSupport
import Testing

@testable import Training

@Suite struct TrainingFilesTests {
  /// Ten training files and their twins.
  private let folder = TemporaryFolder()
  private let trains: [String]
  private let twins: [String]

  init() {
    let folder = folder
    trains = (0..<10).map { folder.write([1], "train0\($0).tfrecord") }
    twins = (0..<10).map { folder.write([1], "validate0\($0).tfrecord") }
  }

  @Test func validationFilesAreReadToo() throws {
    let pattern = folder("train*.tfrecord")
    #expect(try TrainingFiles([pattern]).files == trains)
    #expect(try TrainingFiles([pattern], .withValidation).files == trains + twins)
    #expect(
      try TrainingFiles([folder("train0[12]*"), folder("train05.tfrecord")], .withTwins).files
        == [1, 2, 5].map { trains[$0] } + [1, 2, 5].map { twins[$0] })
  }

  /// The permutation of seed 11 is 7 8 2 6 4 5 1 3 0 9 (numpy's; specs: miha2018 §12).
  @Test func aFoldIsLeftOut() throws {
    let files = try TrainingFiles([folder("train*")], .allButFold(0, seed: 11)).files
    let kept = [0, 1, 2, 3, 4, 5, 6, 9]
    #expect(files == kept.map { trains[$0] } + kept.map { twins[$0] })
    #expect(
      complaint { _ = try TrainingFiles([folder("train*")], .allButFold(5, seed: 11)) }
        == "there is no fold 5: there are the folds 0 to 4")
    #expect(
      complaint { _ = try TrainingFiles([folder("train00*")], .allButFold(0, seed: 11)) }
        == "5 folds need 5 files or more, not 1")
  }

  @Test func missingFilesAreTold() throws {
    let alone = folder.write([1], "more-train.tfrecord")
    #expect(
      complaint { _ = try TrainingFiles([alone], .withTwins) }.hasSuffix("more-validate.tfrecord: no such file"))
    #expect(complaint { _ = try TrainingFiles([folder("nothing*")]) }.hasSuffix("no file matches"))
    #expect(complaint { _ = try TrainingFiles(["-"]) }.contains("standard input can be read only once"))
  }

  @Test func shardsAreHeldOut() throws {
    let cloud = folder.write([1], "validateaR.tfrecord")
    let local = folder.write([1], "validate0043.tfrecord")
    #expect(HeldOutShards.boliu.contains(cloud) && HeldOutShards.boliu.contains(local))
    #expect(!HeldOutShards.boliu.contains(twins[0]))
    #expect(try TrainingFiles([folder("validate*")], holdingOut: .boliu).files == twins)
    #expect(
      try TrainingFiles([folder("validate0?.*")], holdingOut: HeldOutShards(parsing: "01,05")).files
        == twins.indices.filter { $0 != 1 && $0 != 5 }.map { twins[$0] })
    #expect(complaint { _ = try HeldOutShards(parsing: ",") }.contains("names no files"))
  }
}
