import ArgumentParser
import ControlLoop
import Foundation
import LiveService
import Logging
import TrafficModel

/// The live service's own executable, so that building `greenwave` compiles no HTTP server.
@main
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "greenwave-serve",
    abstract: "Run the control centre beside a city.",
    subcommands: [
      RunCommand.self, TokenCommand.self, AuditCommand.self, RebuildCommand.self, TopologyCommand.self, FieldSimulatorCommand.self,
      CheckCommand.self,
    ],
    defaultSubcommand: RunCommand.self)
}
