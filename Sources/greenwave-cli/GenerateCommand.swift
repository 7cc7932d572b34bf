import ArgumentParser
import Formats
import TrafficModel

/// `greenwave generate grid|arterial FOLDER`.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Make a scenario to measure: network, demand, signals and detectors in SUMO's formats.",
    subcommands: [GenerateGrid.self, GenerateArterial.self])
}

/// What both kinds of scenario can be asked for.
struct GenerateOptions: ParsableArguments {
  @Argument(help: "Folder to write into; made where it is missing.")
  var folder: String
  @Option(help: "Length of the demand [s].")
  var duration = 3600.0
  @Option(help: "Cycle of the signals [s].")
  var cycle = 90.0
  @Flag(help: "Left turns with a lane of their own get a green of their own.")
  var protectedLefts = false

  func validate() throws {
    if !(duration >= 1 && duration <= 1e7) { throw ValidationError("--duration must be from 1 s to 1e7 s") }
    if !(cycle >= 30 && cycle <= 300) { throw ValidationError("--cycle must be from 30 to 300 s") }
  }

  var timing: StreetDesign.Timing { .init(cycle: TimeAmount(seconds: cycle), protectsLefts: protectedLefts) }

  func write(_ scenario: GeneratedScenario) throws {
    try CommandSupport.exitOnProblems {
      for file in try scenario.write(to: folder) { print(folder + "/" + file) }
    }
  }
}

struct GenerateGrid: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "grid", abstract: "Crossing streets, a signal at every crossing.")

  @OptionGroup var options: GenerateOptions
  @Option(help: "Streets from south to north.")
  var columns = 4
  @Option(help: "Streets from west to east.")
  var rows = 4
  @Option(help: "Distance between crossings [m].")
  var spacing = 200.0
  @Option(help: "Lanes each way.")
  var lanes = 2
  @Option(help: "Vehicles entering on each road from outside [veh/h].")
  var volume = 400.0

  func validate() throws {
    if !(1...200).contains(columns) || !(1...200).contains(rows) { throw ValidationError("--columns and --rows must be from 1 to 200") }
    if !(1...6).contains(lanes) { throw ValidationError("--lanes must be from 1 to 6") }
    if !(spacing >= 80 && spacing <= 10_000) { throw ValidationError("--spacing must be from 80 to 10000 m") }
    if !(volume >= 0 && volume <= 10_000) { throw ValidationError("--volume must be from 0 to 10000 veh/h") }
  }

  func run() throws {
    var grid = GridDesign()
    (grid.columns, grid.rows, grid.spacing, grid.lanes, grid.volume) = (columns, rows, spacing, lanes, volume)
    grid.timing = options.timing
    try options.write(grid.scenario(duration: options.duration))
  }
}

struct GenerateArterial: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "arterial", abstract: "A main street with signals where side streets cross it.")

  @OptionGroup var options: GenerateOptions
  @Option(help: "Number of signals.")
  var signals = 5
  @Option(help: "Distances between the signals [m]: one for all, or one for each gap separated by commas.")
  var spacing = "300"
  @Option(help: "Lanes each way on the main street.")
  var lanes = 2
  @Option(help: "Lanes each way on the side streets.")
  var sideLanes = 1
  @Option(help: "Vehicles entering at each end of the main street [veh/h].")
  var volume = 800.0
  @Option(help: "Vehicles entering on each side street [veh/h].")
  var sideVolume = 250.0
  @Option(help: "Part of the green for the main street: one for all, or one for each signal separated by commas.")
  var mainShare = "0.6"
  @Option(parsing: .unconditional, help: "Offsets [s]: one for all, or one for each signal separated by commas.")
  var offset = "0"

  private func values(_ text: String, _ count: Int, _ name: String, _ range: ClosedRange<Double>) throws -> [Double] {
    let read = text.split(separator: ",").map { Double($0) }
    guard read.count == 1 || read.count == count, read.allSatisfy({ $0.map(range.contains) == true }) else {
      throw ValidationError("--\(name) must be one value, or \(count) separated by commas, from \(range.lowerBound) to \(range.upperBound)")
    }
    return read.count == count ? read.map { $0! } : [Double](repeating: read[0]!, count: count)
  }

  func validate() throws {
    if !(1...100).contains(signals) { throw ValidationError("--signals must be from 1 to 100") }
    if !(1...6).contains(lanes) || !(1...6).contains(sideLanes) { throw ValidationError("lanes must be from 1 to 6") }
    for volume in [volume, sideVolume] where !(volume >= 0 && volume <= 10_000) {
      throw ValidationError("volumes must be from 0 to 10000 veh/h")
    }
    if signals > 1 { _ = try values(spacing, signals - 1, "spacing", 80...10_000) }
    _ = try values(mainShare, signals, "main-share", 0.1...0.9)
    _ = try values(offset, signals, "offset", -1000...1000)
  }

  func run() throws {
    let gaps = signals > 1 ? try values(spacing, signals - 1, "spacing", 80...10_000) : []
    let shares = try values(mainShare, signals, "main-share", 0.1...0.9)
    let offsets = try values(offset, signals, "offset", -1000...1000)
    var at = 0.0
    var made: [ArterialDesign.Signal] = []
    for k in 0..<signals {
      var timing = options.timing
      timing.mainShare = shares[k]
      timing.offset = TimeAmount(seconds: offsets[k])
      made.append(.init(name: "A\(k + 1)", position: at, timing: timing))
      if k < gaps.count { at += gaps[k] }
    }
    var arterial = ArterialDesign(signals: made)
    (arterial.mainLanes, arterial.sideLanes, arterial.mainVolume, arterial.sideVolume) = (lanes, sideLanes, volume, sideVolume)
    try options.write(arterial.scenario(duration: options.duration))
  }
}
