// swift-tools-version: 6.1
import PackageDescription

// The live service brings an HTTP server, a database layer and two more system libraries. Someone who wants the engine
// alone can leave it out of the build: `GREENWAVE_CORE_ONLY=1 swift build`.
let coreOnly = Context.environment["GREENWAVE_CORE_ONLY"] != nil

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library target and its test target; arrows between layers only ever point down.
func library(
  _ name: String, _ dependencies: [Target.Dependency] = [], tests: [Target.Dependency] = [], resources: [Resource] = []
) -> [Target] {
  [
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings),
    .testTarget(name: name + "Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies + tests, swiftSettings: settings),
  ]
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

var targets: [Target] = [
  // 0 C
  .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
  .systemLibrary(name: "CExpat", pkgConfig: "expat", providers: [.apt(["libexpat1-dev"])]),
  .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
  .systemLibrary(name: "CCbc", pkgConfig: "cbc", providers: [.apt(["coinor-libcbc-dev"])]),
]

// 1 mathematics
targets += library("LinearAlgebra", ["COpenBLAS"])
targets += library("Solvers", ["LinearAlgebra", "Statistics"])
targets += library("IntegerPrograms", ["CCbc"])
targets += library("Statistics", ["LinearAlgebra"])
// 2 nouns
targets += library("TrafficModel")
targets += library("TrafficFlow", ["TrafficModel"])
// 3 verbs
targets += library("Formats", ["TrafficModel", "CZlib", yams], tests: ["CExpat"])
targets += library("Sensing", ["TrafficModel", "LinearAlgebra"], tests: ["Formats"])
targets += library("Estimation", ["Sensing", "TrafficFlow", "TrafficModel", "Solvers", "LinearAlgebra", "Statistics"], tests: ["Formats"])
targets += library(
  "TimingOptimization", ["TrafficFlow", "TrafficModel", "Solvers", "IntegerPrograms", "Statistics", "LinearAlgebra"], tests: ["Formats"])
targets += library("SignalControl", ["TrafficFlow", "TrafficModel", "Solvers", "LinearAlgebra"], tests: ["Formats"])
targets += library("Microsimulation", ["TrafficModel"], tests: ["Formats"])
targets += library("Measures", ["Sensing", "Statistics", "TrafficModel"], tests: ["Formats"])
// 4 assembly
targets += library("ControlLoop", ["Sensing", "Estimation", "TimingOptimization", "SignalControl", "Measures", "TrafficModel", "CZlib"])
targets += library("Streets", ["ControlLoop", "Estimation", "Microsimulation", "Formats", "SignalControl", "Sensing", "TrafficModel"])
targets += library(
  "Experiments",
  [
    "Streets", "ControlLoop", "IntegerPrograms", "Measures", "Statistics", "Microsimulation", "Formats", "SignalControl",
    "TimingOptimization", "Estimation",
    "TrafficModel",
  ])
// 5 edges
targets.append(
  .target(
    name: "Greenwave",
    dependencies: [
      "LinearAlgebra", "Solvers", "IntegerPrograms", "Statistics", "TrafficModel", "TrafficFlow", "Formats", "Sensing", "Estimation",
      "TimingOptimization", "SignalControl", "Microsimulation", "Measures", "ControlLoop", "Streets", "Experiments",
    ],
    swiftSettings: settings))
targets += [
  .executableTarget(name: "greenwave-cli", dependencies: ["Greenwave", argumentParser], swiftSettings: settings),
  .testTarget(
    name: "CommandLineTests", dependencies: ["greenwave-cli", "Greenwave", "TestSupport", argumentParser], swiftSettings: settings),
  .target(name: "TestSupport", dependencies: ["TrafficModel"], path: "Tests/TestSupport", swiftSettings: settings),
]

var products: [Product] = [
  .library(name: "Greenwave", targets: ["Greenwave"]),
  .executable(name: "greenwave", targets: ["greenwave-cli"]),
]
var dependencies: [Package.Dependency] = [
  .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
]

if !coreOnly {
  dependencies += [
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ]
  targets += [
    .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
    .systemLibrary(name: "CPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
  ]
  targets += library(
    "LiveService",
    [
      "Greenwave", "TrafficModel", "TrafficFlow", "Formats", "Sensing", "Estimation", "TimingOptimization", "SignalControl", "ControlLoop",
      "Streets",
      "Measures", "Microsimulation", "CMosquitto", "CPQ",
      .product(name: "Hummingbird", package: "hummingbird"),
      .product(name: "HummingbirdTLS", package: "hummingbird"),
      .product(name: "GRDB", package: "GRDB.swift"),
      .product(name: "NIOCore", package: "swift-nio"),
      .product(name: "NIOSSL", package: "swift-nio-ssl"),
      .product(name: "Crypto", package: "swift-crypto"),
      .product(name: "Logging", package: "swift-log"),
      .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
    ],
    tests: [.product(name: "HummingbirdTesting", package: "hummingbird")],
    // Pages and API description are part of the program, so that it serves them wherever it is put.
    resources: [.embedInCode("Dashboard"), .embedInCode("Demonstration"), .embedInCode("API/openapi.json")])
  targets += [
    .executableTarget(
      name: "greenwave-serve", dependencies: ["LiveService", "Greenwave", argumentParser], swiftSettings: settings)
  ]
  products += [.executable(name: "greenwave-serve", targets: ["greenwave-serve"])]
}

let package = Package(
  name: "greenwave",
  products: products,
  dependencies: dependencies,
  targets: targets
)
