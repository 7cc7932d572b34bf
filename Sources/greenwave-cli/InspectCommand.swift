import ArgumentParser
import Estimation
import Formats
import Foundation
import Measures
import SignalControl
import TrafficModel

/// `greenwave inspect PATH`: what is in this network or scenario, and what is wrong with it.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Tell what a network or scenario holds: counts, signals and their phases, problems found.")

  @Argument(help: "A network (.net.xml, plain or .gz), a .sumocfg, or a folder with a scenario.yaml.")
  var path: String
  @Flag(help: "Print one JSON object for machines instead of tables.")
  var json = false
  @Option(help: "Language: en or zh.")
  var language = Language.english

  @Option(help: "Write the loops that control by detectors alone listens to, as a SUMO additional file.")
  var detectors: String?
  @Option(help: "Where the loop ahead of an approach shorter than 60 m lies: lane, at its start; upstream, on what leads there.")
  var loops = SignalLoops.Layout.upstream

  func run() throws {
    try CommandSupport.exitOnProblems {
      var scenario: Scenario?
      let network: RoadNetwork
      if path.hasSuffix(".net.xml") || path.hasSuffix(".net.xml.gz") {
        network = try SUMONetworkReader.read(path)
      } else {
        var read = try ScenarioReader.read(path)
        try read.routeTrips()
        network = read.network
        scenario = read
      }
      if let detectors {
        try SUMOAdditionalWriter.write(detectors: SignalLoops.lay(for: network, loops), network: network, to: detectors)
      }
      let inspection = NetworkInspection(network, scenario)
      print(json ? try inspection.json() : inspection.text(language))
    }
  }
}
