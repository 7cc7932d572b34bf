import ArgumentParser
import Foundation
import Greenwave

/// Where signal timing comes from: a UTDF file, a folder of GMNS tables, or a scenario.
enum TimingSource {
  case utdf(UTDFFile, [UTDFSignal])
  case gmns(GMNSSignals)
  case scenario

  static func read(_ path: String) throws -> TimingSource {
    if path.hasSuffix(".csv") {
      let file = try UTDFFile.read(path)
      return .utdf(file, try file.signals())
    }
    if FileManager.default.fileExists(atPath: path + "/timing_plan.csv") { return .gmns(try GMNSSignals.read(folder: path)) }
    return .scenario
  }
}

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Carry signal timing from one format to another, naming what is lost.",
    discussion: """
      PATH is a Synchro export (UTDF, .csv), a folder of GMNS signal tables, or a scenario, whose programs --plan may replace. What the
      target format cannot hold is told on the error stream. A UTDF file is written from a UTDF file: the format holds lanes and volumes
      that no other source has.
      Example: greenwave convert corridor.csv --gmns tables/ --json timing.json
      """)

  @Argument(help: "UTDF file, folder of GMNS tables, or scenario.") var path: String
  @Option(help: "A SUMO additional file with the programs to take instead of the scenario's own.") var plan: String?
  @Option(help: "Folder to write GMNS tables to.") var gmns: String?
  @Option(help: "UTDF file to write.") var utdf: String?
  @Option(help: "JSON file to write: a ring-barrier plan for each signal.") var json: String?

  func validate() throws {
    guard gmns != nil || utdf != nil || json != nil else { throw ValidationError("say what to write: --gmns, --utdf or --json") }
  }

  func run() throws {
    try CommandSupport.exitOnProblems {
      var lost: [String] = []
      let signals: GMNSSignals
      switch try TimingSource.read(path) {
      case .utdf(var file, let found):
        signals = GMNSSignals(found, lost: &lost)
        if let utdf {
          var kept: [String] = []
          for signal in found { kept += file.setTiming(of: signal).map { "intersection \(signal.id): \($0)" } }
          for what in kept { CommandSupport.writeError("not in \(utdf): \(what)") }
          try TextOutput.write(file.text, to: utdf)
        }
      case .gmns(let found): signals = found
      case .scenario:
        let network = try ScenarioReader.read(path).network
        var programs: [(signal: SignalID, program: SignalProgram)] = network.signals.compactMap { s in s.activeProgram.map { (s.id, $0) } }
        if let plan { programs = try SUMOAdditionalReader.read([plan], network: network).programs.map { ($0.signal, $0.program) } }
        signals = GMNSSignals(programs: programs, network: network, lost: &lost)
      }
      if utdf != nil, !path.hasSuffix(".csv") {
        throw InputProblem(file: path, expected: "a UTDF file, to write one", found: "another format", advice: "use --gmns or --json")
      }
      if let gmns {
        let written = signals.tables()
        try FileManager.default.createDirectory(atPath: gmns, withIntermediateDirectories: true)
        for (name, text) in written.texts.sorted(by: { $0.key < $1.key }) { try TextOutput.write(text, to: gmns + "/" + name + ".csv") }
        for what in lost + written.lost { CommandSupport.writeError("not in \(gmns): \(what)") }
      }
      if let json {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let plans = Dictionary(signals.controllers.map { ($0.id, $0.plans.map(\.plan)) }, uniquingKeysWith: { $0 + $1 })
        try TextOutput.write(String(decoding: try encoder.encode(plans), as: UTF8.self) + "\n", to: json)
      }
      print(
        "\(signals.controllers.count) signals, \(signals.controllers.reduce(0) { $0 + $1.plans.reduce(0) { $0 + $1.plan.phases.count } }) phases"
      )
    }
  }
}
