import BenchSupport
import Foundation
import Greenwave

/// What one run left: trips by name, and time loss and flow by link and interval.
struct Outcome: Codable {
  struct Trip: Codable {
    var duration: Double
    var loss: Double
  }
  struct LinkSum: Codable {
    var loss = 0.0
    var served = 0.0
  }
  var arrived: [String: Trip] = [:]
  /// Underway at the end.
  var unfinished = 0
  var links: [String: LinkSum] = [:]
  /// Vehicles that passed a link's end, by link and interval begin.
  var flows: [String: Double] = [:]

  var meanDuration: Double { arrived.values.reduce(0) { $0 + $1.duration } / Double(max(arrived.count, 1)) }
  var meanLoss: Double { arrived.values.reduce(0) { $0 + $1.loss } / Double(max(arrived.count, 1)) }
}

struct Map {
  var name: String
  var configuration: String
  /// [s] of demand
  var hours: Double
}

enum Runs {
  static let interval = 300

  /// One run of SUMO, taken from `cache` where it has been made before.
  static func sumo(_ map: Map, seed: Int, rival: SUMORival, folder: String, cache: String?) -> Outcome? {
    guard let cache else { return sumo(map, seed: seed, rival: rival, folder: folder) }
    let file = "\(cache)/\(map.name)-\(seed).json"
    if let data = FileManager.default.contents(atPath: file), let known = try? JSONDecoder().decode(Outcome.self, from: data) {
      return known
    }
    guard let outcome = sumo(map, seed: seed, rival: rival, folder: folder) else { return nil }
    try? FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
    try? JSONEncoder().encode(outcome).write(to: URL(fileURLWithPath: file), options: .atomic)
    return outcome
  }

  private static func sumo(_ map: Map, seed: Int, rival: SUMORival, folder: String) -> Outcome? {
    let trips = folder + "/trips.xml", edges = folder + "/edges.xml", extra = folder + "/extra.add.xml"
    let additional =
      "<additional><edgeData id=\"e\" file=\"\(edges)\" period=\"\(interval)\" excludeEmpty=\"true\"/></additional>"
    try? additional.write(toFile: extra, atomically: true, encoding: .utf8)
    let base = (map.configuration as NSString).deletingLastPathComponent
    let text = (try? String(contentsOfFile: map.configuration, encoding: .utf8)) ?? ""
    var files: [String] = []
    if let range = text.range(of: "additional-files value=\"") {
      files = text[range.upperBound...].prefix { $0 != "\"" }.split(separator: ",").map {
        base + "/" + $0.trimmingCharacters(in: .whitespaces)
      }
    }
    let usage = rival.run(
      "sumo",
      [
        "-c", map.configuration, "--seed", String(seed), "--time-to-teleport", "-1", "--tripinfo-output", trips,
        "--tripinfo-output.write-unfinished", "-a", (files + [extra]).joined(separator: ","), "--no-step-log", "--no-warnings",
      ])
    guard usage.status == 0, let tripText = try? String(contentsOfFile: trips, encoding: .utf8),
      let edgeText = try? String(contentsOfFile: edges, encoding: .utf8)
    else {
      print("SUMO failed on \(map.name): \(usage.output.prefix(300))")
      return nil
    }
    var outcome = Outcome()
    for trip in elements("tripinfo", in: tripText) {
      guard let id = trip["id"], let arrival = trip["arrival"].flatMap({ Double($0) }),
        let duration = trip["duration"].flatMap({ Double($0) }),
        let loss = trip["timeLoss"].flatMap({ Double($0) })
      else { continue }
      if arrival >= 0 {
        outcome.arrived[String(id)] = Outcome.Trip(duration: duration, loss: loss)
      } else {
        outcome.unfinished += 1
      }
    }
    var begin = "0"
    for line in edgeText.split(separator: "\n") {
      if line.contains("<interval ") { begin = elements("interval", in: String(line)).first?["begin"].map(String.init) ?? "0" }
      guard line.contains("<edge "), let edge = elements("edge", in: String(line)).first, let id = edge["id"], !id.hasPrefix(":") else {
        continue
      }
      func number(_ key: Substring) -> Double { edge[key].flatMap { Double($0) } ?? 0 }
      let served = number("left") + number("arrived")
      outcome.links[String(id), default: .init()].loss += number("timeLoss")
      outcome.links[String(id), default: .init()].served += served
      outcome.flows["\(id) \(Int(Double(begin) ?? 0))", default: 0] += served
    }
    return outcome
  }

  static func ours(_ scenario: Scenario, seed: UInt64) throws -> Outcome {
    let network = scenario.network
    let loops = ActuatedController.loops(for: network, first: scenario.detectors.count)
    let simulation = try Simulation(
      network: network, demand: scenario.demand, detectors: scenario.detectors + loops,
      settings: .init(
        begin: scenario.begin, end: scenario.end, step: TimeAmount(seconds: scenario.options.stepLength), seed: seed, timeToTeleport: -1,
        timeToImpatience: scenario.options.timeToImpatience ?? -1, linkInterval: .seconds(Double(interval)),
        maximumDepartureDelay: scenario.options.maximumDepartureDelay ?? -1))
    let controller = ProgramController(network: network, detectors: loops)
    let street = SimulatedStreet(simulation: simulation, information: controller.needsVehicles ? .withoutTurn : .detectors)
    while !simulation.isFinished {
      street.show(controller.tick(now: simulation.now, inputs: street.collect()))
      simulation.step()
    }
    let record = simulation.record()
    var outcome = Outcome()
    for trip in record.trips {
      switch trip.ending {
      case .arrived: outcome.arrived[trip.name] = Outcome.Trip(duration: trip.duration, loss: trip.timeLoss)
      case .underway: outcome.unfinished += 1
      case .neverInserted: break
      }
    }
    for link in record.links where scenario.network[link.link].function == .normal {
      let name = scenario.network.linkNames[link.link]
      let served = Double(link.left + link.arrived)
      outcome.links[name, default: .init()].loss += link.timeLoss
      outcome.links[name, default: .init()].served += served
      outcome.flows["\(name) \(Int(link.begin.seconds))", default: 0] += served
    }
    return outcome
  }
}
