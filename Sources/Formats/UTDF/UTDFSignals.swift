import TrafficModel

/// One signalised intersection of a UTDF file in the engine's terms: SI units, rings and barriers.
public struct UTDFSignal: Sendable, Hashable {
  public enum Control: Int, Sendable { case pretimed = 0, actuatedUncoordinated, semiActuatedUncoordinated, actuatedCoordinated }

  /// A lane group, named as in the file's header (`NBL`, `EBT`, …).
  public struct Movement: Sendable, Hashable {
    public var name: String
    public var lanes: Int
    /// Turning traffic of a neighbour uses the lane too: 0 none, 1 left, 2 right, 3 both.
    public var shared: Int
    /// Volume [veh/s], before peak-hour factor and growth.
    public var volume: Double
    public var peakHourFactor: Double
    /// Growth factor, 1 for none.
    public var growth: Double
    /// [veh/s] of the group, nil where the file has none.
    public var saturationFlow: Double?
    /// Lane width [m].
    public var laneWidth: Double
    /// Heavy vehicles [%].
    public var heavyVehicles: Double
    public var pedestrians: Double
    public var protectedPhases: [Int]
    public var permittedPhases: [Int]
    /// Intersection it comes from and goes to.
    public var upNode: Int?
    public var destinationNode: Int?
  }

  public var id: Int
  public var control: Control
  public var plan: RingBarrierPlan
  /// Phases the offset refers to.
  public var referencePhases: [Int]
  public var movements: [Movement]
}

extension UTDFFile {
  /// Unit of length in the file [m].
  var lengthUnit: Double { setting("Metric") == "1" ? 1 : 0.3048 }

  /// The signalised intersections. Everything that is wrong is reported together.
  public func signals() throws(InputProblems) -> [UTDFSignal] {
    var problems: [InputProblem] = []
    checkUnits(&problems)
    let nodes = section("Nodes")?.rows.compactMap { row -> Int? in
      // TYPE 0 is a signal.
      row.fields.count > 1 && row.fields[1] == "0" ? Int(row.fields[0]) : nil
    }
    var result: [UTDFSignal] = []
    for id in nodes ?? [] {
      if let signal = signal(id, &problems) { result.append(signal) }
    }
    if !problems.isEmpty { throw InputProblems(Array(problems.prefix(50)), further: max(0, problems.count - 50)) }
    return result
  }

  /// A file that says metric but has lanes twelve units wide holds feet, and the other way round.
  private func checkUnits(_ problems: inout [InputProblem]) {
    let metric = setting("Metric")
    guard let metric, metric == "0" || metric == "1" else {
      problems.append(
        InputProblem(file: name, element: "[Network] Metric", expected: "0 (feet) or 1 (metres)", found: metric ?? "nothing"))
      return
    }
    if let width = setting("DefWidth").flatMap(Double.init), metric == "1" ? width > 6 : width < 6 {
      problems.append(
        InputProblem(
          file: name, element: "[Network] DefWidth", expected: metric == "1" ? "a lane width in metres" : "a lane width in feet",
          found: "\(width)", advice: "Metric says \(metric); the units of the file contradict each other"))
    }
  }

  private func signal(_ id: Int, _ problems: inout [InputProblem]) -> UTDFSignal? {
    func number(_ section: String, _ record: String, _ column: String) -> Double? {
      guard let text = self[section, record, id, column] else { return nil }
      guard let value = Double(text), value.isFinite, abs(value) < 1e9 else {
        problems.append(
          InputProblem(
            file: name, line: line(section, record, id), element: "[\(section)] \(record) \(id) \(column)", expected: "a number",
            found: text))
        return nil
      }
      return value
    }
    let cycle = number("Timeplans", "Cycle Length", "DATA")
    var plan = RingBarrierPlan(
      phases: [], cycle: cycle.map { .seconds($0) }, offset: .seconds(number("Timeplans", "Offset", "DATA") ?? 0))
    for d in 1...8 {
      let column = "D\(d)"
      guard let brp = number("Phases", "BRP", column) else { continue }
      let code = Int(brp)
      let (barrier, ring, position) = (code / 100, code / 10 % 10, code % 10)
      guard (1...9).contains(barrier), (1...9).contains(ring), (1...9).contains(position) else {
        problems.append(
          InputProblem(
            file: name, line: line("Phases", "BRP", id), element: "[Phases] BRP \(id) \(column)",
            expected: "barrier, ring and position such as 111", found: "\(code)"))
        continue
      }
      let yellow = number("Phases", "Yellow", column) ?? setting("yellowTime").flatMap(Double.init) ?? 0
      let red = number("Phases", "AllRed", column) ?? setting("allRedTime").flatMap(Double.init) ?? 0
      guard let maximum = number("Phases", "MaxGreen", column) else { continue }
      if maximum <= 0 {
        problems.append(
          InputProblem(
            file: name, line: line("Phases", "MaxGreen", id), element: "[Phases] MaxGreen \(id) \(column)", expected: "a green above zero",
            found: "\(maximum)"))
      }
      var split = maximum + yellow + red
      // Start and End say what the phase gets where a barrier leaves it more than its maximum.
      if let cycle, cycle > 0, let start = number("Phases", "Start", column), let end = number("Phases", "End", column) {
        split = (end - start).truncatingRemainder(dividingBy: cycle)
        if split <= 0 { split += cycle }
      }
      let walk = number("Phases", "Walk", column)
      var phase = Phase(
        number: d, ring: ring, barrier: barrier, position: position, protectedLinks: [],
        timing: PhaseTiming(
          minimumGreen: .seconds(number("Phases", "MinGreen", column) ?? 0), maximumGreen: .seconds(maximum),
          passage: .seconds(number("Phases", "VehExt", column) ?? 0),
          clearance: .init(yellow: .seconds(yellow), redClearance: .seconds(red)), split: .seconds(split)),
        dualEntry: number("Phases", "DualEntry", column) == 1)
      switch Int(number("Phases", "Recall", column) ?? 0) {
      case 1: phase.recall = .minimum
      case 2: phase.recall = .pedestrian
      case 3: phase.recall = .maximum
      default: phase.recall = .none
      }
      if let walk { phase.pedestrian = .init(walk: .seconds(walk), clearance: .seconds(number("Phases", "DontWalk", column) ?? 0)) }
      plan.phases.append(phase)
    }
    let reference = Int(number("Timeplans", "Reference Phase", "DATA") ?? 0)
    let references = [reference / 100, reference % 100].filter { $0 > 0 }
    for k in plan.phases.indices where references.contains(plan.phases[k].number) { plan.phases[k].isCoordinated = true }
    guard !plan.phases.isEmpty else {
      problems.append(
        InputProblem(file: name, element: "intersection \(id)", expected: "phases in [Phases]", found: "none", advice: "it is a signal"))
      return nil
    }
    for f in PlanCheck.findings(in: plan, signal: "\(id)") where f.rule == .ringSum || f.rule == .barrierCrossed {
      // Synchro writes tenths; a tenth lost to rounding is no fault.
      guard let values = f.message.arguments.suffix(2).map(Double.init) as? [Double], abs(values[0] - values[1]) > 0.11 else { continue }
      problems.append(
        InputProblem(
          file: name, line: line("Phases", "MaxGreen", id), element: "intersection \(id)",
          expected: "rings that sum to the cycle and meet at each barrier", found: f.message.text()))
    }
    let columns = section("Lanes")?.header.dropFirst(2).filter { $0 != "PED" && $0 != "HOLD" } ?? []
    var movements: [UTDFSignal.Movement] = []
    for column in columns {
      guard let volume = number("Lanes", "Volume", column) else { continue }
      func phases(_ record: String) -> [Int] {
        (1...4).compactMap { self["Lanes", "\(record)\($0)", id, column].flatMap { Int($0) } }.filter { $0 > 0 }
      }
      movements.append(
        .init(
          name: column, lanes: Int(number("Lanes", "Lanes", column) ?? 0), shared: Int(number("Lanes", "Shared", column) ?? 0),
          volume: volume / 3600, peakHourFactor: number("Lanes", "PHF", column) ?? setting("PHF").flatMap(Double.init) ?? 1,
          growth: (number("Lanes", "Growth", column) ?? 100) / 100,
          saturationFlow: number("Lanes", "SatFlow", column).flatMap { $0 > 0 ? $0 / 3600 : nil },
          laneWidth: (number("Lanes", "Width", column) ?? setting("DefWidth").flatMap(Double.init) ?? 12) * lengthUnit,
          heavyVehicles: number("Lanes", "HeavyVehicles", column) ?? 2, pedestrians: (number("Lanes", "Peds", column) ?? 0) / 3600,
          protectedPhases: phases("Phase"), permittedPhases: phases("PermPhase"),
          upNode: number("Lanes", "Up Node", column).map { Int($0) }, destinationNode: number("Lanes", "Dest Node", column).map { Int($0) })
      )
    }
    return UTDFSignal(
      id: id, control: .init(rawValue: Int(number("Timeplans", "Control Type", "DATA") ?? 0)) ?? .pretimed, plan: plan,
      referencePhases: references, movements: movements)
  }

  /// Puts a signal's timing back: cycle, offset, greens, clearances, minimums, pedestrians. Everything else stays as it is.
  ///
  /// Returns what the plan holds and the format cannot: overlaps, leading pedestrian intervals, offset references other than the
  /// beginning of green.
  @discardableResult
  public mutating func setTiming(of signal: UTDFSignal) -> [String] {
    if let cycle = signal.plan.cycle { set(signal.id, "Timeplans", "Cycle Length", "DATA", cycle) }
    set(signal.id, "Timeplans", "Offset", "DATA", signal.plan.offset)
    for phase in signal.plan.phases {
      let column = "D\(phase.number)"
      let old = self["Phases", "MaxGreen", signal.id, column].flatMap(Double.init)
      set(signal.id, "Phases", "Yellow", column, phase.timing.clearance.yellow)
      set(signal.id, "Phases", "AllRed", column, phase.timing.clearance.redClearance)
      set(signal.id, "Phases", "MinGreen", column, phase.timing.minimumGreen)
      if old == nil || abs((old ?? 0) - phase.timing.maximumGreen.seconds) > 0.0501 {
        set(signal.id, "Phases", "MaxGreen", column, phase.timing.maximumGreen)
      }
      if let p = phase.pedestrian {
        set(signal.id, "Phases", "Walk", column, p.walk)
        set(signal.id, "Phases", "DontWalk", column, p.clearance)
      }
    }
    for (number, span) in starts(of: signal).sorted(by: { $0.key < $1.key }) {
      set(signal.id, "Phases", "Start", "D\(number)", span.0)
      set(signal.id, "Phases", "End", "D\(number)", span.1)
    }
    var lost: [String] = []
    if !signal.plan.overlaps.isEmpty { lost.append("overlaps") }
    if signal.plan.phases.contains(where: { ($0.pedestrian?.leadingInterval ?? .zero) > .zero }) {
      lost.append("leading pedestrian intervals")
    }
    if signal.plan.offsetReference != .beginGreen { lost.append("offset reference") }
    return lost
  }

  /// Start and End of each phase on the master clock, from the splits and the offset of the reference phase.
  private func starts(of signal: UTDFSignal) -> [Int: (TimeAmount, TimeAmount)] {
    guard let cycle = signal.plan.cycle, cycle > .zero else { return [:] }
    var begin: [Int: TimeAmount] = [:]
    for ring in signal.plan.rings {
      var clock = TimeAmount.zero
      for barrier in signal.plan.barriers {
        for phase in signal.plan.sequence(ring: ring, barrier: barrier) {
          begin[phase.number] = clock
          clock += phase.timing.split ?? .zero
        }
      }
    }
    // Synchro counts an offset to two phases from when the second of them turns green.
    let reference = signal.referencePhases.compactMap { begin[$0] }.max() ?? .zero
    var result: [Int: (TimeAmount, TimeAmount)] = [:]
    for phase in signal.plan.phases {
      guard let b = begin[phase.number], let split = phase.timing.split else { continue }
      func wrap(_ t: TimeAmount) -> TimeAmount {
        TimeAmount(milliseconds: ((t.milliseconds % cycle.milliseconds) + cycle.milliseconds) % cycle.milliseconds)
      }
      let start = wrap(b - reference + signal.plan.offset)
      result[phase.number] = (start, wrap(start + split))
    }
    return result
  }

  private mutating func set(_ id: Int, _ section: String, _ record: String, _ column: String, _ t: TimeAmount) {
    // A cell that already says so keeps its spelling.
    if let old = self[section, record, id, column].flatMap(Double.init), abs(old - t.seconds) < 0.0501 { return }
    self[section, record, id, column] =
      t.milliseconds % 1000 == 0 ? "\(t.milliseconds / 1000)" : "\(Double((t.milliseconds + 50) / 100) / 10)"
  }
}
