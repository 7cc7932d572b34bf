import TrafficModel

/// Writes signal programs as a SUMO additional file of `tlLogic` elements, which reads back as the same programs.
///
///     try SUMOSignalWriter.write([(signal, program)], network: network, to: "plan.add.xml")
public enum SUMOSignalWriter {
  public static func write(_ programs: [(signal: SignalID, program: SignalProgram)], network: RoadNetwork, to path: String)
    throws(OutputProblem)
  {
    try TextOutput.write(text(programs, network: network), to: path)
  }

  /// The whole file as text.
  public static func text(_ programs: [(signal: SignalID, program: SignalProgram)], network: RoadNetwork) -> String {
    var xml = SUMOXML(root: "additional")
    for (signal, program) in programs { add(program, of: network.name(signal), to: &xml) }
    return xml.finish()
  }

  /// A whole plan.
  /// - Parameter programID: written instead of each program's own id where given; SUMO refuses an id the network already has.
  public static func text(_ plan: TimingPlan, network: RoadNetwork, programID: String? = nil) -> String {
    text(
      plan.programs.map { timing in
        var program = timing.program
        if let programID { program.id = programID }
        return (timing.signal, program)
      }, network: network)
  }

  /// Plans by time of day: their programs, and a `WAUT` by which SUMO changes from one to the next at a time of the clock.
  ///
  /// - Parameter plans: in order of time, each with the id its programs get; the first also runs before its time.
  public static func schedule(_ plans: [(begin: Instant, plan: TimingPlan, programID: String)], network: RoadNetwork) -> String {
    var xml = SUMOXML(root: "additional")
    var signals: [SignalID] = []
    for (_, plan, id) in plans {
      for timing in plan.programs {
        var program = timing.program
        program.id = id
        add(program, of: network.name(timing.signal), to: &xml)
        if !signals.contains(timing.signal) { signals.append(timing.signal) }
      }
    }
    if let first = plans.first {
      xml.element("WAUT", [("id", "day"), ("refTime", "0"), ("startProg", first.programID)], opens: true)
      for (begin, _, id) in plans.dropFirst() { xml.element("wautSwitch", depth: 2, [("time", begin.sumo), ("to", id)]) }
      xml.close("WAUT")
      for signal in signals { xml.element("wautJunction", [("wautID", "day"), ("junctionID", network.name(signal))]) }
    }
    return xml.finish()
  }

  static func add(_ program: SignalProgram, of signal: String, to xml: inout SUMOXML) {
    // A type whose logic is not run here is kept as a parameter of that name: see SUMOSignalElements.
    let kept = program.parameters.last { $0.key == "type" && program.kind == .fixedTime }
    xml.element(
      "tlLogic",
      [
        ("id", signal), ("type", kept?.value ?? (program.kind == .off ? "static" : program.kind.rawValue)), ("programID", program.id),
        ("offset", program.offset.sumo),
      ],
      opens: true)
    for stage in program.stages {
      var attributes: [(String, String?)] = [
        ("duration", stage.duration.sumo), ("state", stage.state.description), ("minDur", stage.minimum?.sumo),
        ("maxDur", stage.maximum?.sumo), ("earliestEnd", stage.earliestEnd?.sumo), ("latestEnd", stage.latestEnd?.sumo),
        ("vehext", stage.vehicleExtension?.sumo), ("yellow", stage.yellow?.sumo), ("red", stage.redClearance?.sumo), ("name", stage.name),
        ("next", stage.next.isEmpty ? nil : stage.next.map(String.init).joined(separator: " ")),
      ]
      attributes += stage.attributes.map { ($0.key, $0.value) }
      xml.element("phase", depth: 2, attributes)
    }
    for parameter in program.parameters where parameter != kept {
      xml.element("param", depth: 2, [("key", parameter.key), ("value", parameter.value)])
    }
    xml.close("tlLogic")
  }
}
