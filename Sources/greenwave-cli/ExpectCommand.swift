import ArgumentParser
import Foundation
import Greenwave

/// Holds a shipped scenario to the figures kept beside it.
struct ExpectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "expect",
    abstract: "Check that a scenario still gives the figures kept in its folder, or write them anew.",
    discussion: "Runs the scenario's own programs on its own seeds and compares with expected.json.")

  @Argument(help: "Folders with a scenario.yaml.")
  var folders: [String]

  @Flag(help: "Write the figures instead of comparing with them.")
  var write = false

  @Option(help: "Largest deviation of a figure, as a share of it.")
  var tolerance = 0.001

  @Option(help: "Runs at the same time.")
  var threads = ProcessInfo.processInfo.activeProcessorCount

  func run() throws {
    var failed = false
    for folder in folders {
      do {
        let figures = try ExpectedFigures(running: try ScenarioReader.read(folder), threads: threads)
        if write {
          try figures.write(folder: folder)
          print("\(folder): written")
        } else {
          let differences = figures.differences(from: try ExpectedFigures.read(folder: folder), tolerance: tolerance)
          print(folder + ": " + (differences.isEmpty ? "as expected" : "differs"))
          for line in differences { print("  " + line) }
          failed = failed || !differences.isEmpty
        }
      } catch let problems as InputProblems {
        FileHandle.standardError.write(Data((problems.description + "\n").utf8))
        throw ExitCode(problems.problems.contains { $0.isMissingInput } ? ExitStatus.missingInput.rawValue : ExitStatus.data.rawValue)
      }
    }
    if failed { throw ExitCode(ExitStatus.data.rawValue) }
  }
}
