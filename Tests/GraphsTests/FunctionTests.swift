import Bytes
import Graphs
import TestSupport
import Testing

/// Ensembles of graphs that call functions; `make interop` lets TensorFlow run them.
@Suite struct FunctionTests {
  private func member(_ name: String) throws -> MetaGraph.EnsembleMember {
    .init(try MetaGraph(reading: fixture("functions/\(name).meta")), weight: 0.5, name: name)
  }

  private func library(_ meta: MetaGraph) -> [UInt8] {
    meta.graph.other.fields.first { $0.number == 2 }?.bytes ?? []
  }

  private func count(_ text: String, in bytes: [UInt8]) -> Int {
    let text = Array(text.utf8)
    return bytes.indices.count { bytes[$0...].starts(with: text) }
  }

  /// The operators that only one of the models calls by their old names.
  private func operators(_ meta: MetaGraph, under scope: String) -> Set<String> {
    Set(meta.graph.nodes.filter { $0.name.hasPrefix(scope + "/") }.map(\.op))
  }

  @Test func functionsThatDifferGetNewNames() throws {
    let a = try member("a")
    let b = try member("b")
    let made = try MetaGraph.ensemble([a, b])
    // `both` calls `scale`, which is not the same; `only` is in the second alone and keeps its name.
    #expect(operators(made, under: "model_0").isSuperset(of: ["both"]))
    #expect(operators(made, under: "model_1").isSuperset(of: ["both_1", "only"]))
    #expect(!operators(made, under: "model_1").contains("both"))
    let functions = library(made)
    for name in ["scale_1", "both_1"] { #expect(count(name, in: functions) > 0) }
    #expect(count("half_1", in: functions) == 0 && count("only_1", in: functions) == 0)
  }

  @Test func equalFunctionsAreOne() throws {
    let a = try member("a")
    let alone = try MetaGraph.ensemble([a])
    let twice = try MetaGraph.ensemble([a, a])
    #expect(library(twice) == library(alone))
    #expect(operators(twice, under: "model_1") == operators(twice, under: "model_0"))
    // A third one that differs gets the next names, and those of the second stay.
    let four = try MetaGraph.ensemble([a, try member("b"), a, try member("b")])
    #expect(operators(four, under: "model_1").contains("both_1"))
    #expect(operators(four, under: "model_2").contains("both"))
    #expect(operators(four, under: "model_3").contains("both_2"))
  }

  @Test func damagedLibrariesAreRefused() throws {
    let a = try member("a")
    var random = SplitMix(seed: 9)
    var refused = 0
    for _ in 0..<300 {
      var b = try member("b")
      let position = try #require(b.meta.graph.other.fields.firstIndex { $0.number == 2 })
      b.meta.graph.other.fields[position].bytes = random.damage(b.meta.graph.other.fields[position].bytes)
      do { _ = try MetaGraph.ensemble([a, b]) } catch let error as KernelError {
        #expect(error.source == "b" && !error.description.contains("\n"))
        refused += 1
      }
    }
    #expect(refused > 30)
  }
}
