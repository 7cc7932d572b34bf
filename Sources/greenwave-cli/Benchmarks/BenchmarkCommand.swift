import ArgumentParser

/// Measurements this project quotes, each made again by one command.
struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark", abstract: "Measure what this project claims.",
    subcommands: [
      HealthBenchmark.self, LogBenchmark.self, EstimationBenchmark.self, FlowBenchmark.self, LaneBenchmark.self, ConflictBenchmark.self,
      DecisionBenchmark.self, InterfaceBenchmark.self,
    ])
}
