// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that measuring never weighs on those who only build the engine. Run with
// `GREENWAVE_CORE_ONLY=1 swift run -c release --package-path Benchmarks <benchmark>`.
let benchmarks = [
  "BenchAgreement",
  "BenchArterial",
  "BenchNumeric",
  "BenchReading",
  "BenchSimulationSpeed",
  "TimingBenchmarks",
]
let greenwave = Target.Dependency.product(name: "Greenwave", package: "greenwave")
/// Benchmarks that run SUMO beside the engine.
let besideSUMO: Set = ["BenchAgreement", "BenchSimulationSpeed"]

let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "greenwave", path: "../")],
  targets: [.target(name: "BenchSupport", dependencies: [greenwave], swiftSettings: [.swiftLanguageMode(.v6)])]
    + benchmarks.map { name in
      .executableTarget(
        name: name,
        dependencies: besideSUMO.contains(name) ? [greenwave, "BenchSupport"] : [greenwave],
        swiftSettings: [.swiftLanguageMode(.v6)])
    }
)
