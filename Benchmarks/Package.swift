// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that measuring never weighs on those who only build the engine. Run with
// `GREENWAVE_CORE_ONLY=1 swift run -c release --package-path Benchmarks <benchmark>`.
let benchmarks = [
  "BenchArterial",
  "BenchNumeric",
  "BenchReading",
  "TimingBenchmarks",
]

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "greenwave", path: "../")],
  targets: benchmarks.map { name in
    .executableTarget(
      name: name,
      dependencies: [.product(name: "Greenwave", package: "greenwave")],
      swiftSettings: [.swiftLanguageMode(.v6)])
  }
)
