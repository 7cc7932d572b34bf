import ArgumentParser
import Foundation
import Greenwave

struct PeriodsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "periods",
    abstract: "Cut a day of counts into periods and make a timing plan for each.",
    discussion: """
      The cut is the best there is (dynamic programming over the day, no period shorter than --minimum); a further period must explain
      --worth of the day's variation. Each period's mean flows are fitted to the scenario's routes, a plan is made for them, and all are
      simulated: the shipped plan, one plan for the whole day, and the period's own. Where one plan for all is better, it stays.
      Counts: CSV with the columns begin,end,link,count or begin,end,from,to,count (times in seconds or as 07:15), or a flow table as
      `greenwave estimate` writes it.
      Example: greenwave periods scenarios/hcm-four-leg --counts day.csv --out day.add.xml
      """)

  @Argument(help: "The scenario.") var path: String
  @Option(help: "The day's counts.") var counts: String
  @Option(help: "How each plan is made: webster, hcm, delay, stages, rings, platoon or network.") var method = "platoon"
  @Option(help: "Shortest period [min].") var minimum = 60.0
  @Option(help: "Most periods.") var most = 8
  @Option(help: "Share of the day's variation a further period must explain.") var worth = 0.03
  @Option(help: "Where to write all plans and the times of change, as a SUMO additional file (programs and a WAUT).") var out: String?
  @Option(help: "Write everything as JSON.") var json: String?
  @Option(help: "What each plan's refinement may simulate [million vehicle seconds] (network).") var effort = 60.0
  @Option(help: "Seed of the search.") var seed: UInt64 = 1
  @Option(help: "Simulations run at a time; changes nothing but the time taken.") var threads = 2
  @Option(help: "Language of the table: en or zh.") var language = Language.english
  @Flag(help: "Tell how the search goes.") var progress = false

  func validate() throws {
    guard NetworkTiming.Method(rawValue: method) != nil else {
      throw ValidationError("--method must be one of \(NetworkTiming.Method.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    guard minimum > 0, (1...48).contains(most), worth >= 0, effort > 0, threads > 0 else {
      throw ValidationError("minimum, effort and threads must be positive, most from 1 to 48, worth at least 0")
    }
  }

  func run() throws {
    try CommandSupport.exitOnProblems {
      var scenario = try ScenarioReader.read(path)
      try scenario.routeTrips()
      var timing = NetworkTiming(NetworkTiming.Method(rawValue: method) ?? .platoon, seed: seed)
      timing.work = effort * 1e6
      timing.threads = threads
      if progress { timing.progress = { CommandSupport.writeError($0) } }
      var settings = DayPlans.Settings()
      settings.minimum = .minutes(minimum)
      settings.mostPeriods = most
      settings.worth = worth
      let day = try DayPlans(timing, settings).propose(scenario, table: try FlowCounts.read(path: counts), file: counts)
      print(day.text(language))
      if let out {
        var file = try TextOutput(path: out)
        file.write(day.schedule(scenario.network))
        try file.commit()
      }
      if let json {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        var file = try TextOutput(path: json)
        file.write(String(decoding: try encoder.encode(day), as: UTF8.self) + "\n")
        try file.commit()
      }
    }
  }
}
