import Foundation
import Measures
import TrafficModel

/// The figures that `inspect` prints.
struct NetworkInspection: Encodable {
  struct SignalRow: Encodable {
    var id: String
    var program: String
    var type: String
    var links: Int
    var stages: Int
    var greenStages: Int
    var cycle: Double
    var offset: Double
    var programs: Int
    /// What the signal's rules say against the program.
    var problems: [PlanFinding]
  }

  let schema = 1
  let kind = "inspection"
  var counts: [String: Int] = [:]
  var roadKilometers: Double
  var laneKilometers: Double
  var junctionKinds: [String: Int] = [:]
  var signals: [SignalRow] = []
  var recognizedOnly: [String: Int]
  var inputHash: String?

  init(_ network: RoadNetwork, _ scenario: Scenario?) {
    let roads = network.roads
    roadKilometers = roads.reduce(0) { $0 + network.length($1.id) } / 1000
    laneKilometers = roads.reduce(0) { sum, link in sum + link.lanes.reduce(0) { $0 + network[$1].length } } / 1000
    counts["roads"] = roads.count
    counts["lanes"] = roads.reduce(0) { $0 + $1.lanes.count }
    counts["junctions"] = network.nodes.count { $0.kind != .internal && $0.kind != .deadEnd }
    counts["connections"] = network.connections.count { network[network[$0.fromLane].link].function == .normal }
    counts["movements"] = network.movements.count
    counts["signals"] = network.signals.count
    counts["crossings"] = network.links.count { $0.function == .crossing }
    for node in network.nodes where node.kind != .internal { junctionKinds[node.kind.rawValue, default: 0] += 1 }
    if let scenario {
      counts["vehicles"] = scenario.demand.departures.count
      counts["flows"] = scenario.demand.flows.count
      counts["vehicleTypes"] = scenario.demand.vehicleTypes.count
      counts["detectors"] = scenario.detectors.count
      counts["stoppingPlaces"] = scenario.demand.stoppingPlaces.count
    }
    recognizedOnly = scenario?.recognizedOnly ?? network.recognizedOnly
    inputHash = scenario?.inputHash
    for signal in network.signals {
      let program = signal.activeProgram
      let rules = signal.constraints ?? TimingConstraints.derived(for: signal, in: network)
      let check = PlanCheck(rules, usedLinks: signal.links.map { !$0.isEmpty })
      signals.append(
        SignalRow(
          id: network.name(signal.id), program: program?.id ?? "", type: program?.kind.rawValue ?? "", links: signal.links.count,
          stages: program?.stages.count ?? 0, greenStages: program?.stages.count { $0.state.isServingStage } ?? 0,
          cycle: program?.cycle.seconds ?? 0, offset: program?.offset.seconds ?? 0, programs: signal.programs.count,
          problems: program.map { check.findings(in: $0, signal: network.name(signal.id)) } ?? []))
    }
  }

  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  func text(_ language: Language) -> String {
    func word(_ key: String, _ arguments: [String] = []) -> String { Message(key, arguments).text(language) }
    var table = ReportTable(
      caption: word("inspect.contents"), columns: [.init(word("inspect.what"), .left), .init(word("inspect.count"))])
    for key in [
      "roads", "lanes", "junctions", "connections", "movements", "signals", "crossings", "vehicles", "flows", "vehicleTypes", "detectors",
      "stoppingPlaces",
    ] {
      if let count = counts[key] { table.append([word("inspect." + key), NumberText.count(count)]) }
    }
    table.append([word("inspect.roadLength"), NumberText.fixed(roadKilometers, 2) + " km"])
    table.append([word("inspect.laneLength"), NumberText.fixed(laneKilometers, 2) + " km"])
    var text = table.text()
    if !signals.isEmpty {
      var rows = ReportTable(
        caption: "\n" + word("inspect.signalTable"),
        columns: [
          .init(word("report.signal"), .left), .init(word("inspect.program"), .left), .init(word("inspect.type"), .left),
          .init(word("inspect.links")), .init(word("inspect.stages")), .init(word("inspect.greenStages")),
          .init(word("report.cycle") + " [s]"), .init(word("report.offset") + " [s]"),
        ])
      for row in signals {
        rows.append([
          SVGCanvas.shortened(row.id, to: 33), row.program, row.type, String(row.links), String(row.stages), String(row.greenStages),
          NumberText.short(row.cycle),
          NumberText.short(row.offset),
        ])
      }
      text += rows.text()
    }
    if !recognizedOnly.isEmpty {
      let list = recognizedOnly.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
      text += "\n" + word("run.recognizedOnly", [list]) + "\n"
    }
    let problems = signals.flatMap(\.problems)
    if !problems.isEmpty {
      var rows = ReportTable(
        caption: "\n" + word("inspect.problemTable"),
        columns: [.init(word("report.signal"), .left), .init(word("inspect.stage")), .init(word("inspect.problem"), .left)])
      for problem in problems.prefix(40) {
        rows.append([SVGCanvas.shortened(problem.signal, to: 33), problem.stage.map(String.init) ?? "–", problem.message.text(language)])
      }
      text += rows.text()
      if problems.count > 40 { text += word("inspect.moreProblems", [String(problems.count - 40)]) + "\n" }
    }
    return text
  }
}
