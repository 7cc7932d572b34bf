import ArgumentParser

/// The live service's own executable, so that building `greenwave` compiles no HTTP server.
@main
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "greenwave-serve",
    abstract: "Run the control centre beside a city.")
}
