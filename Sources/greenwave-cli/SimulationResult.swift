import Foundation
import Measures
import TrafficModel

/// What `simulate --json` prints: one object a line-oriented tool can read.
struct SimulationResult: Encodable {
  struct Run: Encodable {
    var seed: UInt64
    var measures: NetworkMeasures
  }
  struct Approach: Encodable {
    var link: String
    var signals: [String]
    var served: Int
    var delay, stops, waitingTime, speed: Double
    var maximumQueue: Int
    var maximumQueueLength: Double
    var carbonDioxide, fuel: Double
  }

  let schema = 1
  let kind = "simulation"
  var scenario: String
  var provenance: Provenance
  var begin: Double
  var end: Double
  var runs: [Run]
  /// Of the first run.
  var approaches: [Approach]
  var recognizedOnly: [String: Int]

  init(_ scenario: Scenario, _ records: [RunRecord], _ measures: [NetworkMeasures], _ provenance: Provenance) {
    self.scenario = scenario.name
    self.provenance = provenance
    begin = records[0].begin.seconds
    end = records[0].end.seconds
    runs = zip(records, measures).map { Run(seed: $0.seed, measures: $1) }
    approaches = ApproachMeasures.rows(records[0], scenario.network).map {
      Approach(
        link: scenario.network.name($0.link), signals: $0.signals.map { scenario.network.name($0) }, served: $0.served, delay: $0.delay,
        stops: $0.stops, waitingTime: $0.waitingTime, speed: $0.speed, maximumQueue: $0.maximumQueue,
        maximumQueueLength: $0.maximumQueueLength, carbonDioxide: $0.emissions.carbonDioxide, fuel: $0.emissions.fuel)
    }
    recognizedOnly = scenario.recognizedOnly
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    // Where there was nothing to average.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
