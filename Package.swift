// swift-tools-version: 6.1
import PackageDescription

// `make test` sets STRICT=1 so that the project's own checks treat warnings as errors. The flag is "unsafe" to SwiftPM,
// which refuses it in dependencies, so a package that depends on this one never sees it.
let strict: [SwiftSetting] =
  Context.environment["STRICT"] == "1" ? [.unsafeFlags(["-warnings-as-errors"])] : []

// `make fuzz` sets FUZZ=1: the library is built so that libFuzzer sees which branches an input takes.
let fuzzes = Context.environment["FUZZ"] == "1"
let instrumented: [SwiftSetting] = fuzzes ? [.unsafeFlags(["-sanitize=fuzzer"])] : []

/// One folder of `Sources/Kernel`, as a module of its own so that the compiler enforces who may lean on whom.
func kernel(_ name: String, on dependencies: [Target.Dependency]) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/Kernel/\(name)",
    swiftSettings: strict + instrumented)
}

func tests(_ name: String, on dependencies: [Target.Dependency], excluding files: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], exclude: files, swiftSettings: strict)
}

let package = Package(
  name: "checkpoint-toolchain",
  products: [
    .library(
      name: "Kernel",
      targets: [
        "Bytes", "Tensors", "Records", "Checkpoints", "Graphs", "Models", "Quantization", "Predictions",
        "Optimization",
        "Packaging", "Execution", "Gradients",
      ]),
    .executable(name: "ckpt-tool", targets: ["ckpt-tool"]),
    .executable(name: "quantize", targets: ["quantize"]),
    .executable(name: "tfrecord-tool", targets: ["tfrecord-tool"]),
    .executable(name: "fake-filter", targets: ["fake-filter"]),
    .executable(name: "merge-preds", targets: ["merge-preds"]),
    .executable(name: "trainer", targets: ["trainer"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CNLopt", pkgConfig: "nlopt", providers: [.apt(["libnlopt-dev"])]),
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
    .systemLibrary(name: "CSnappy", pkgConfig: "snappy", providers: [.apt(["libsnappy-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    .target(name: "CKernel", dependencies: ["CProtobufC"]),
    kernel("Bytes", on: ["CISAL", "CZlib", "CCrypto"]),
    kernel("Tensors", on: ["Bytes", "CKernel"]),
    kernel("Records", on: ["Bytes", "Tensors"]),
    kernel("Checkpoints", on: ["Bytes", "Tensors", "CKernel", "CProtobufC", "CSnappy"]),
    kernel("Predictions", on: ["Bytes", "Tensors", "Records", "CKernel"]),
    kernel("Optimization", on: ["Bytes", "CNLopt", "COpenBLAS"]),
    kernel("Graphs", on: ["Bytes", "Tensors", "CKernel", "CProtobufC"]),
    kernel("Gradients", on: ["Bytes", "Tensors", "Graphs"]),
    kernel("Execution", on: ["Bytes", "Tensors", "Checkpoints", "Graphs", "CKernel", "COpenBLAS"]),
    kernel("Models", on: ["Bytes", "Checkpoints", "Graphs"]),
    kernel("Quantization", on: ["Bytes", "Tensors", "Checkpoints", "Graphs", "Models", "CKernel"]),
    kernel("Packaging", on: ["Bytes", "Checkpoints", "CArchive"]),
    kernel("Terminal", on: ["Bytes", .product(name: "ArgumentParser", package: "swift-argument-parser")]),

    .target(
      name: "Inference",
      dependencies: [
        "Bytes", "Tensors", "Records", "Checkpoints", "Graphs", "Predictions", "Packaging", "Execution",
      ],
      swiftSettings: strict),

    .target(
      name: "Training",
      dependencies: [
        "Bytes", "Tensors", "Records", "Checkpoints", "Graphs", "Gradients", "Predictions", "Execution",
        "Inference",
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "ckpt-tool",
      dependencies: [
        "Bytes", "Tensors", "Checkpoints", "Graphs", "Models", "Predictions", "Execution", "Packaging", "Terminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "tfrecord-tool",
      dependencies: [
        "Bytes", "Tensors", "Records", "Terminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "quantize",
      dependencies: [
        "Bytes", "Tensors", "Checkpoints", "Graphs", "Models", "Quantization", "Terminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "fake-filter",
      dependencies: [
        "Bytes", "Records", "Predictions", "Terminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "merge-preds",
      dependencies: [
        "Bytes", "Predictions", "Optimization", "Terminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "trainer",
      dependencies: [
        "Bytes", "Records", "Checkpoints", "Graphs", "Predictions", "Packaging", "Execution", "Inference",
        "Training",
        "Terminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "manual",
      dependencies: ["Bytes", "Terminal", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Tools/manual", swiftSettings: strict),

    .executableTarget(
      name: "benchmark-steps", dependencies: ["Bytes", "Graphs", "Execution"], path: "Benchmarks/Steps",
      swiftSettings: strict),

    .executableTarget(
      name: "benchmark-batches", dependencies: ["Bytes", "Records"], path: "Benchmarks/VideoBatches",
      swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["Bytes", "Tensors", "Graphs"], path: "Tests/TestSupport",
      swiftSettings: strict),
    tests("BytesTests", on: ["Bytes"]),
    .executableTarget(
      name: "probe",
      dependencies: ["Bytes", "Terminal", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Tests/ProbeTool", swiftSettings: strict),
    .executableTarget(
      name: "optimizer-probe",
      dependencies: [
        "Bytes", "Optimization", "Terminal", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Tests/OptimizerTool", swiftSettings: strict),
    tests(
      "ManualTests",
      on: [
        "Bytes", "Terminal", "manual", "ckpt-tool", "fake-filter", "merge-preds", "quantize", "tfrecord-tool",
        "trainer",
      ]),
    tests("TerminalTests", on: ["Bytes", "Terminal", "probe"]),
    tests("TensorsTests", on: ["Bytes", "Tensors", "CKernel"]),
    tests("CheckpointsTests", on: ["Bytes", "Tensors", "Checkpoints", "CCrypto"]),
    tests(
      "SystemLibrariesTests",
      on: ["CArchive", "CCrypto", "CISAL", "CNLopt", "COpenBLAS", "CProtobufC", "CSnappy", "CZlib"]),
    tests("GraphsTests", on: ["Bytes", "Tensors", "Graphs"]),
    .executableTarget(
      name: "graph-probe", dependencies: ["Bytes", "Tensors", "Graphs"], path: "Tests/GraphProbe",
      swiftSettings: strict),
    .executableTarget(
      name: "session-probe", dependencies: ["Bytes", "Tensors", "Checkpoints", "Graphs", "Execution"],
      path: "Tests/SessionProbe", swiftSettings: strict),
    .executableTarget(
      name: "model-probe",
      dependencies: [
        "Bytes", "Records", "Checkpoints", "Graphs", "Execution", "Inference", "Training", "Terminal",
      ],
      path: "Tests/ModelProbe", swiftSettings: strict),
    tests("ExecutionTests", on: ["Bytes", "Tensors", "Checkpoints", "Graphs", "Execution"]),
    tests("ModelsTests", on: ["Bytes", "Tensors", "Checkpoints", "Graphs", "Models", "Execution"]),
    tests("QuantizationTests", on: ["Bytes", "Tensors", "Checkpoints", "Graphs", "Models", "Quantization"]),
    tests("PackagingTests", on: ["Bytes", "Checkpoints", "Packaging"]),
    tests("RecordsTests", on: ["Bytes", "Tensors", "Records", "CCrypto"]),
    tests("PredictionsTests", on: ["Bytes", "Tensors", "Records", "Predictions"]),
    tests("OptimizationTests", on: ["Bytes", "Optimization"]),
    tests(
      "InferenceTests",
      on: ["Bytes", "Tensors", "Records", "Checkpoints", "Graphs", "Predictions", "Execution", "Inference"]),
    tests("GradientsTests", on: ["Bytes", "Tensors", "Graphs", "Gradients", "Execution"]),
    tests(
      "TrainingTests",
      on: [
        "Bytes", "Tensors", "Records", "Checkpoints", "Graphs", "Gradients", "Execution", "Inference", "Training",
      ]),
    tests(
      "ToolTests", on: ["ckpt-tool", "tfrecord-tool", "fake-filter", "merge-preds", "quantize", "trainer"],
      excluding: ["Golden"]),
  ],
  swiftLanguageModes: [.v6]
)

/// A program that libFuzzer drives, from a folder of `Tests/Fuzz`.
func fuzzer(_ name: String, _ folder: String, on dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: "Tests/Fuzz/\(folder)", swiftSettings: strict + instrumented,
    linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])])
}

if fuzzes {
  package.targets += [
    fuzzer("fuzz-records", "Records", on: ["Bytes", "Records"]),
    fuzzer("fuzz-predictions", "Predictions", on: ["Bytes", "Optimization", "Predictions"]),
  ]
}
