import ArgumentParser

/// The command line, one file a verb.
struct GreenwaveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "greenwave",
    abstract: "Simulate, time and control traffic signals.",
    subcommands: [
      SimulateCommand.self,
      InspectCommand.self,
      GenerateCommand.self,
      OptimizeCommand.self,
      PeriodsCommand.self,
      CheckCommand.self,
      ConvertCommand.self,
      ExpectCommand.self, CompareCommand.self,
      MeasuresCommand.self,
      HealthCommand.self,
      BenchmarkCommand.self,
      VerifyCommand.self,
      ControlCommand.self,
      StrategiesCommand.self,
      ExplainCommand.self,
      ServeVerb.self,
      EstimateCommand.self,
      ReplayCommand.self,
    ])
}
