import Foundation
import Measures
import Statistics
import TrafficModel

/// What a shipped scenario is known to give, kept beside it: a change of the simulator that moves these figures has to be looked at.
public struct ExpectedFigures: Sendable, Codable, Equatable {
  public static let currentSchemaVersion = 1
  public static let fileName = "expected.json"

  /// Mean and spread of one measure over the scenario's seeds.
  public struct Figure: Sendable, Codable, Equatable {
    public var mean: Double
    /// Half width of the 95 % interval of the mean; nil with one seed.
    public var halfWidth: Double?
  }

  public var schemaVersion: Int
  public var engine: String
  /// Over the scenario's files.
  public var inputHash: String
  public var seeds: [UInt64]
  /// By ``NetworkMeasure`` raw value.
  public var measures: [String: Figure]

  /// Measures that are kept.
  public static let kept: [NetworkMeasure] = [
    .planned, .arrived, .underway, .neverInserted, .delay, .timeLoss, .departureDelay, .travelTime, .stops, .waitingTime, .speed, .fuel,
    .carbonDioxide,
  ]

  /// Runs the scenario under its own programs on its own seeds.
  public init(running scenario: Scenario, threads: Int = 1) throws {
    let batch = scenario.seeds.map { Replication(scenario, seed: $0) }
    let runs = try Replication.runAll(batch, threads: threads).map { NetworkMeasures($0.trips) }
    schemaVersion = Self.currentSchemaVersion
    engine = Provenance(inputHash: "").engine
    inputHash = scenario.inputHash
    seeds = scenario.seeds
    measures = [:]
    for measure in Self.kept {
      let interval = MeasureSummary(measure, of: runs).interval
      // Six decimals: enough to notice any change, few enough to be the same from processor to processor.
      func rounded(_ x: Double) -> Double { (x * 1e6).rounded() / 1e6 }
      measures[measure.rawValue] = Figure(
        mean: rounded(interval.estimate), halfWidth: interval.halfWidth.isFinite ? rounded(interval.halfWidth) : nil)
    }
  }

  /// Measures that differ from `other` by more than `tolerance` of the figure (and of a thousandth, near zero), one line each.
  public func differences(from other: ExpectedFigures, tolerance: Double = 0.001) -> [String] {
    var lines: [String] = []
    for measure in Self.kept {
      guard let mine = measures[measure.rawValue]?.mean, let theirs = other.measures[measure.rawValue]?.mean else {
        lines.append("\(measure.rawValue): absent on one side")
        continue
      }
      if (mine - theirs).magnitude > max(theirs.magnitude * tolerance, 0.001) {
        lines.append("\(measure.rawValue): \(NumberText.short(mine, 3)), expected \(NumberText.short(theirs, 3))")
      }
    }
    if seeds != other.seeds { lines.append("seeds: \(seeds), expected \(other.seeds)") }
    return lines
  }

  /// Reads the figures kept in a scenario's folder.
  public static func read(folder: String) throws(InputProblems) -> ExpectedFigures {
    let path = folder + "/" + fileName
    guard let data = FileManager.default.contents(atPath: path) else {
      throw InputProblems([InputProblem(file: path, expected: "the figures this scenario is known to give", found: "no file")])
    }
    do {
      return try JSONDecoder().decode(ExpectedFigures.self, from: data)
    } catch {
      throw InputProblems([InputProblem(file: path, expected: "expected figures as JSON", found: "\(error)")])
    }
  }

  /// Writes the figures into a scenario's folder, readable and in a fixed order.
  public func write(folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    var data = try encoder.encode(self)
    data.append(UInt8(ascii: "\n"))
    try data.write(to: URL(fileURLWithPath: folder + "/" + Self.fileName), options: .atomic)
  }
}
