import ArgumentParser
import Foundation
import Greenwave

/// `greenwave benchmark traci`.
struct InterfaceBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "traci",
    abstract: "Time what driving SUMO over TraCI adds to a step, beside SUMO alone.",
    discussion: """
      SUMO runs a scenario by itself, then with this client on the line, every vehicle heard and the same programs shown each second. CPU
      time of both processes counts; the difference is what the interface costs.
      """)
  @Argument(help: "A .sumocfg; RESCO's grid4x4 under --data unless said.") var path: String?
  @Option(help: "Folder that holds grid4x4; GREENWAVE_DATA unless said.") var data: String?
  @Option(help: "Where SUMO is installed.") var sumoHome: String?
  @Option(help: "Pairs of runs.") var runs = 3

  func run() throws {
    let folder = data ?? ProcessInfo.processInfo.environment["GREENWAVE_DATA"]
    guard let file = path ?? folder.map({ $0 + "/grid4x4/grid4x4.sumocfg" }) else {
      throw ValidationError("name a .sumocfg, or the folder of the maps with --data")
    }
    let scenario = try ScenarioReader.read(file)
    let begin = scenario.begin.seconds, end = (scenario.end ?? scenario.begin + .seconds(3600)).seconds
    let sumo = try SUMOInstallation.find(.init(home: sumoHome))
    let temporary = FileManager.default.temporaryDirectory
    var alone: [Double] = [], both: [Double] = [], client: [Double] = []
    var vehicles = 0
    for seed in 1...max(runs, 1) {
      let arguments = [
        "-c", file, "--begin", NumberText.short(begin), "--end", NumberText.short(end), "--seed", String(seed), "--step-length", "1",
        "--time-to-teleport", "-1", "--no-step-log", "true", "--no-warnings", "true", "--duration-log.disable", "true",
      ]
      let start = Self.seconds(RUSAGE_CHILDREN)
      try SUMOProcess(sumo, arguments: arguments, isRemote: false, folder: temporary).finish()
      alone.append(Self.seconds(RUSAGE_CHILDREN) - start)

      let process = try SUMOProcess(sumo, arguments: arguments, folder: temporary)
      let own = Self.seconds(RUSAGE_SELF)
      let street = try SUMOStreet(client: try process.connect(), network: scenario.network, begin: scenario.begin)
      let controller = FixedTimeController(network: scenario.network)
      while street.now.seconds < end {
        let inputs = try street.collect()
        vehicles = max(vehicles, inputs.vehicles.count)
        street.show(controller.tick(now: street.now, inputs: inputs))
        guard try street.advance() else { break }
      }
      client.append(Self.seconds(RUSAGE_SELF) - own)
      try street.close()
      try process.finish()
      both.append(Self.seconds(RUSAGE_CHILDREN) - start - alone[alone.count - 1])
    }
    func perStep(_ times: [Double]) -> Double { times.sorted()[times.count / 2] / max(end - begin, 1) * 1000 }
    let plain = perStep(alone), served = perStep(both), heard = perStep(client)
    let overhead = served - plain + heard
    print("SUMO \(sumo.version), \(Int(end - begin)) steps, up to \(vehicles) vehicles heard; CPU time of a step, median of \(runs) runs")
    var table = ReportTable(columns: [.init("", .left), .init("ms"), .init("ratio to SUMO alone")])
    for (name, value) in [("SUMO alone", plain), ("SUMO answering", served), ("the client", heard), ("overhead", overhead)] {
      table.append([name, NumberText.fixed(value, 3), NumberText.fixed(value / max(plain, 1e-9), 2)])
    }
    print(table.text())
    print("overhead below SUMO's own step: \(overhead < plain ? "kept" : "missed")")
  }

  /// User and system time so far of this process or of the children that have ended.
  private static func seconds(_ who: __rusage_who) -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(who.rawValue), &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
  }
}
