import Foundation
import TrafficModel

/// Signal tables of the General Modeling Network Specification: controllers, their timing plans, phases, movements and coordination.
///
/// The format merges yellow and red clearance into one number and has no splits; what a plan holds beyond it is named when writing.
/// Source: Zephyr Foundation, GMNS specification, signal tables.
public struct GMNSSignals: Sendable, Hashable {
  public struct Controller: Sendable, Hashable {
    public var id: String
    public var plans: [Plan]
  }
  public struct Plan: Sendable, Hashable {
    public var id: String
    /// Day and time it runs, in the format's spelling.
    public var timeOfDay: String
    public var plan: RingBarrierPlan
    /// Movements or links of each phase, with their protection, by phase number.
    public var movements: [Movement]
  }
  public struct Movement: Sendable, Hashable {
    public enum Protection: String, Sendable { case protected, permitted, rtor }
    public var phase: Int
    /// `mvmt_id`, or `link_id` where the table names links.
    public var subject: String
    public var isLink: Bool
    public var protection: Protection
  }

  public var controllers: [Controller]

  public init(controllers: [Controller]) { self.controllers = controllers }

  static let tables = ["controller", "timing_plan", "timing_phase", "phase_mvmt", "coordination"]

  /// Reads the tables from a folder; `coordination.csv` and `phase_mvmt.csv` may be absent.
  public static func read(folder: String) throws(InputProblems) -> GMNSSignals {
    var texts: [String: String] = [:]
    var missing: [InputProblem] = []
    for table in tables {
      let path = folder + "/" + table + ".csv"
      if let data = FileManager.default.contents(atPath: path) {
        texts[table] = String(decoding: data, as: UTF8.self)
      } else if table != "coordination" && table != "phase_mvmt" {
        missing.append(InputProblem(file: path, expected: "a readable file", found: "nothing", isMissingInput: true))
      }
    }
    if !missing.isEmpty { throw InputProblems(missing) }
    return try GMNSSignals(tables: texts, folder: folder)
  }

  /// From the tables' texts, by table name without ending.
  public init(tables texts: [String: String], folder: String = "gmns") throws(InputProblems) {
    var problems: [InputProblem] = []
    var read: [String: GMNSTable] = [:]
    for name in Self.tables { read[name] = texts[name].map { GMNSTable($0, file: folder + "/" + name + ".csv") } }
    func rows(_ name: String) -> [GMNSTable.Row] { read[name]?.rows ?? [] }
    controllers = []
    var planAt: [String: (Int, Int)] = [:]
    for row in rows("controller") {
      guard let id = row.required("controller_id", &problems) else { continue }
      if controllers.contains(where: { $0.id == id }) { row.complain("controller_id", "an id used once", id, &problems) }
      controllers.append(Controller(id: id, plans: []))
    }
    for row in rows("timing_plan") {
      guard let id = row.required("timing_plan_id", &problems), let of = row.required("controller_id", &problems) else { continue }
      guard let c = controllers.firstIndex(where: { $0.id == of }) else {
        row.complain("controller_id", "a controller of controller.csv", of, &problems)
        continue
      }
      let cycle = row.number("cycle_length", &problems)
      if let cycle, cycle <= 0 { row.complain("cycle_length", "a cycle above zero", "\(cycle)", &problems) }
      planAt[id] = (c, controllers[c].plans.count)
      controllers[c].plans.append(
        Plan(
          id: id, timeOfDay: row["time_day"] ?? row["timeday_id"] ?? "",
          plan: RingBarrierPlan(phases: [], cycle: cycle.map { .seconds($0) }), movements: []))
    }
    var phaseAt: [String: (Int, Int, Int)] = [:]
    for row in rows("timing_phase") {
      guard let id = row.required("timing_phase_id", &problems), let of = row.required("timing_plan_id", &problems) else { continue }
      guard let (c, p) = planAt[of] else {
        row.complain("timing_plan_id", "a plan of timing_plan.csv", of, &problems)
        continue
      }
      guard let number = row.number("signal_phase_num", &problems) ?? row.missing("signal_phase_num", &problems) else { continue }
      let ring = row.number("ring", &problems) ?? 1
      guard (0...12).contains(ring) else {
        row.complain("ring", "0 to 12", "\(ring)", &problems)
        continue
      }
      let least = row.number("min_green", &problems) ?? 0
      let most = row.number("max_green", &problems) ?? least
      if most < least { row.complain("max_green", "at least min_green, \(least) s", "\(most)", &problems) }
      let clearance = row.number("clearance", &problems) ?? 0
      var phase = Phase(
        number: Int(number), ring: Int(ring), barrier: Int(row.number("barrier", &problems) ?? 1),
        position: Int(row.number("position", &problems) ?? 1), protectedLinks: [],
        timing: PhaseTiming(
          minimumGreen: .seconds(least), maximumGreen: .seconds(most), passage: .seconds(row.number("extension", &problems) ?? 0),
          clearance: .init(yellow: .seconds(clearance), redClearance: .zero)))
      if let walk = row.number("walk_time", &problems) {
        phase.pedestrian = .init(walk: .seconds(walk), clearance: .seconds(row.number("ped_clearance", &problems) ?? 0))
      }
      let plan = controllers[c].plans[p].plan
      if plan.phases.contains(where: { $0.ring == phase.ring && $0.barrier == phase.barrier && $0.position == phase.position }) {
        row.complain("position", "a place in ring \(phase.ring), barrier \(phase.barrier) of its own", "\(phase.position)", &problems)
      }
      phaseAt[id] = (c, p, phase.number)
      controllers[c].plans[p].plan.phases.append(phase)
    }
    for row in rows("phase_mvmt") {
      guard let of = row.required("timing_phase_id", &problems) else { continue }
      guard let (c, p, number) = phaseAt[of] else {
        row.complain("timing_phase_id", "a phase of timing_phase.csv", of, &problems)
        continue
      }
      let word = (row["protection"] ?? "protected").lowercased()
      guard let protection = Movement.Protection(rawValue: word) else {
        row.complain("protection", "protected, permitted or rtor", word, &problems)
        continue
      }
      guard let subject = row["mvmt_id"] ?? row["link_id"] else {
        row.complain("mvmt_id", "a movement or a link", "neither", &problems)
        continue
      }
      controllers[c].plans[p].movements.append(
        Movement(phase: number, subject: subject, isLink: row["mvmt_id"] == nil, protection: protection))
    }
    for row in rows("coordination") {
      guard let of = row.required("timing_plan_id", &problems) else { continue }
      guard let (c, p) = planAt[of] else {
        row.complain("timing_plan_id", "a plan of timing_plan.csv", of, &problems)
        continue
      }
      let offset = row.number("offset", &problems) ?? 0
      controllers[c].plans[p].plan.offset = .seconds(offset)
      if let cycle = controllers[c].plans[p].plan.cycle, offset < 0 || offset >= cycle.seconds {
        row.complain("offset", "0 to the cycle of \(cycle.seconds) s", "\(offset)", &problems)
      }
      switch row["coord_ref_to"] ?? "begin_of_green" {
      case "begin_of_green": controllers[c].plans[p].plan.offsetReference = .beginGreen
      case "begin_of_yellow": controllers[c].plans[p].plan.offsetReference = .beginYellow
      case "begin_of_red": controllers[c].plans[p].plan.offsetReference = .beginRed
      case let other: row.complain("coord_ref_to", "begin_of_green, begin_of_yellow or begin_of_red", other, &problems)
      }
      if let number = row.number("coord_phase", &problems) {
        guard let k = controllers[c].plans[p].plan.phases.firstIndex(where: { $0.number == Int(number) }) else {
          row.complain("coord_phase", "a phase of the plan", "\(Int(number))", &problems)
          continue
        }
        controllers[c].plans[p].plan.phases[k].isCoordinated = true
      }
    }
    if !problems.isEmpty { throw InputProblems(Array(problems.prefix(50)), further: max(0, problems.count - 50)) }
  }

  /// The tables' texts by name, and what the plans hold that the format cannot.
  public func tables() -> (texts: [String: String], lost: [String]) {
    var lost: Set<String> = []
    func s(_ t: TimeAmount) -> String { t.milliseconds % 1000 == 0 ? "\(t.milliseconds / 1000)" : "\(t.seconds)" }
    var controller = "controller_id\n"
    var timingPlan = "timing_plan_id,controller_id,time_day,cycle_length\n"
    var timingPhase =
      "timing_phase_id,timing_plan_id,signal_phase_num,min_green,max_green,extension,clearance,walk_time,ped_clearance,ring,barrier,position\n"
    var movement = "phase_mvmt_id,timing_phase_id,mvmt_id,link_id,protection\n"
    var coordination = "coordination_id,timing_plan_id,controller_id,coord_contr_id,coord_phase,coord_ref_to,offset\n"
    var movements = 0
    var coordinations = 0
    for c in controllers {
      controller += "\(c.id)\n"
      for p in c.plans {
        timingPlan += "\(p.id),\(c.id),\(p.timeOfDay),\(p.plan.cycle.map(s) ?? "")\n"
        if !p.plan.overlaps.isEmpty { lost.insert("overlaps") }
        for phase in p.plan.phases {
          let t = phase.timing
          if t.clearance.redClearance > .zero { lost.insert("red clearance apart from yellow") }
          if t.split != nil { lost.insert("splits") }
          if phase.recall != .none { lost.insert("recalls") }
          timingPhase +=
            "\(p.id)-\(phase.number),\(p.id),\(phase.number),\(s(t.minimumGreen)),\(s(t.maximumGreen)),\(s(t.passage)),\(s(t.clearance.total)),"
            + "\(phase.pedestrian.map { s($0.walk) } ?? ""),\(phase.pedestrian.map { s($0.clearance) } ?? ""),"
            + "\(phase.ring),\(phase.barrier),\(phase.position)\n"
        }
        for m in p.movements {
          movements += 1
          movement += "\(movements),\(p.id)-\(m.phase),\(m.isLink ? "" : m.subject),\(m.isLink ? m.subject : ""),\(m.protection.rawValue)\n"
        }
        let reference = ["beginGreen": "green", "beginYellow": "yellow", "beginRed": "red"][p.plan.offsetReference.rawValue] ?? "green"
        let phases = p.plan.phases.filter(\.isCoordinated).map { "\($0.number)" }
        for number in phases.isEmpty && p.plan.offset != .zero ? [""] : phases {
          coordinations += 1
          coordination += "\(coordinations),\(p.id),\(c.id),,\(number),begin_of_\(reference),\(s(p.plan.offset))\n"
        }
      }
    }
    return (
      [
        "controller": controller, "timing_plan": timingPlan, "timing_phase": timingPhase, "phase_mvmt": movement,
        "coordination": coordination,
      ], lost.sorted()
    )
  }
}

/// One table of the format: rows by column name.
struct GMNSTable {
  struct Row {
    var file: String
    var line: Int
    var fields: [String: String]

    /// A cell, nil where it is blank or the column absent.
    subscript(_ column: String) -> String? { fields[column].flatMap { $0.isEmpty ? nil : $0 } }

    func complain(_ column: String, _ expected: String, _ found: String, _ problems: inout [InputProblem]) {
      problems.append(InputProblem(file: file, line: line, element: column, expected: expected, found: found))
    }
    func required(_ column: String, _ problems: inout [InputProblem]) -> String? {
      if let value = self[column] { return value }
      complain(column, "a value", "nothing", &problems)
      return nil
    }
    func missing(_ column: String, _ problems: inout [InputProblem]) -> Double? {
      if self[column] == nil { complain(column, "a number", "nothing", &problems) }
      return nil
    }
    func number(_ column: String, _ problems: inout [InputProblem]) -> Double? {
      guard let text = self[column] else { return nil }
      if let value = Double(text), value.isFinite, abs(value) < 1e9 { return value }
      complain(column, "a number", text, &problems)
      return nil
    }
  }

  var rows: [Row] = []

  init(_ text: String, file: String) {
    var header: [String] = []
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      guard !line.allSatisfy({ $0.isWhitespace || $0 == "," }) else { continue }
      let fields = line.split(separator: ",", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: CharacterSet(charactersIn: " \t\"\u{FEFF}"))
      }
      if header.isEmpty {
        header = fields
      } else {
        rows.append(Row(file: file, line: number + 1, fields: Dictionary(zip(header, fields), uniquingKeysWith: { first, _ in first })))
      }
    }
  }
}
