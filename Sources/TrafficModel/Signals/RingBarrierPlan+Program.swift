/// The map between phases in rings and the state rows of a SUMO program of type `NEMA`, without loss in either direction.
///
/// Each phase becomes one stage, named by its number, whose row shows its links alone; rings, barriers, coordination and recalls go
/// into the program's parameters under SUMO's names (`ring1`, `barrierPhases`, `coordinatePhases`, `minRecall`, …), and what SUMO has
/// no word for (splits, pedestrians, overlaps) under names that begin with `greenwave.`, which SUMO passes over.
extension RingBarrierPlan {
  /// - Parameter links: number of link indices of the controller.
  /// - Precondition: the phases' links are below `links`; phase numbers are unique.
  public func program(id: String, links: Int) -> SignalProgram {
    var stages: [Stage] = []
    var parameters: [SignalProgram.Parameter] = []
    func put(_ key: String, _ value: String) { parameters.append(.init(key: key, value: value)) }
    func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ",") }
    let barriers = barriers
    for ring in rings {
      put("ring\(ring)", list(barriers.flatMap { sequence(ring: ring, barrier: $0).map(\.number) }))
    }
    // SUMO knows two barriers, told by the phases that end before them.
    for (k, barrier) in barriers.enumerated() {
      let last = rings.compactMap { sequence(ring: $0, barrier: barrier).last?.number }
      put(k == 0 ? "barrierPhases" : "barrier\(k + 1)Phases", list(last))
    }
    func put(_ key: String, where holds: (Phase) -> Bool) {
      let numbers = phases.filter(holds).map(\.number)
      if !numbers.isEmpty { put(key, list(numbers)) }
    }
    put("coordinatePhases") { $0.isCoordinated }
    put("minRecall") { $0.recall == .minimum }
    put("maxRecall") { $0.recall == .maximum }
    put("greenwave.pedestrianRecall") { $0.recall == .pedestrian }
    put("greenwave.softRecall") { $0.recall == .soft }
    put("greenwave.dualEntry") { $0.dualEntry }
    if let cycle { put("total-cycle-length", Self.text(cycle)) }
    put("greenwave.offsetReference", offsetReference.rawValue)
    for phase in phases {
      var state = SignalState(repeating: .red, count: links)
      for link in phase.protectedLinks { state[link] = .green }
      for link in phase.permissiveLinks { state[link] = .permissiveGreen }
      stages.append(
        Stage(
          state: state, duration: phase.timing.maximumGreen, minimum: phase.timing.minimumGreen, maximum: phase.timing.maximumGreen,
          name: String(phase.number), vehicleExtension: phase.timing.passage, yellow: phase.timing.clearance.yellow,
          redClearance: phase.timing.clearance.redClearance))
      if let split = phase.timing.split { put("greenwave.split.\(phase.number)", Self.text(split)) }
      if let reduction = phase.timing.gapReduction {
        put(
          "greenwave.gapReduction.\(phase.number)",
          [reduction.before, reduction.duration, reduction.minimumGap].map(Self.text).joined(separator: ","))
      }
      if let walk = phase.pedestrian {
        put(
          "greenwave.pedestrian.\(phase.number)", [walk.walk, walk.clearance, walk.leadingInterval].map(Self.text).joined(separator: ","))
      }
    }
    for overlap in overlaps {
      put(
        "greenwave.overlap.\(overlap.name)",
        [
          list(overlap.parentPhases), list(overlap.links),
          [overlap.trailingGreen, overlap.clearance.yellow, overlap.clearance.redClearance].map(Self.text).joined(separator: ","),
        ].joined(separator: ";"))
    }
    return SignalProgram(id: id, kind: .ringBarrier, offset: offset, stages: stages, parameters: parameters)
  }

  /// The plan that a ring-and-barrier program states, or nil where its rings, names or timings do not make one.
  public init?(_ program: SignalProgram) {
    guard program.kind == .ringBarrier else { return nil }
    func numbers(_ key: String) -> [Int] {
      (program.parameter(key) ?? "").split { $0 == "," || $0 == " " }.compactMap { Int($0) }.filter { $0 > 0 }
    }
    func times(_ text: some StringProtocol) -> [TimeAmount] {
      text.split(separator: ",").compactMap { Double($0) }.filter { abs($0) < 1e9 }.map { TimeAmount(seconds: $0) }
    }
    var rings: [(ring: Int, phases: [Int])] = []
    for ring in 1...16 {
      let sequence = numbers("ring\(ring)")
      if !sequence.isEmpty { rings.append((ring, sequence)) }
    }
    guard !rings.isEmpty else { return nil }
    var ends: [Set<Int>] = []
    for key in ["barrierPhases"] + (2...16).map({ "barrier\($0)Phases" }) {
      let numbers = numbers(key)
      if !numbers.isEmpty { ends.append(Set(numbers)) }
    }
    var place: [Int: (ring: Int, barrier: Int, position: Int)] = [:]
    for (ring, sequence) in rings {
      // SUMO may name any phase of a group as the one at its barrier; a group ends with the phase so named.
      var barrier = 1, position = 1
      for number in sequence {
        guard place[number] == nil else { return nil }
        place[number] = (ring, barrier, position)
        position += 1
        if barrier <= ends.count, ends[barrier - 1].contains(number) {
          barrier += 1
          position = 1
        } else if let k = ends.firstIndex(where: { $0.contains(number) }), k + 1 > barrier {
          barrier = k + 2
          position = 1
        }
      }
    }
    let coordinated = Set(numbers("coordinatePhases") + numbers("coordinatedPhases"))
    let minimum = Set(numbers("minRecall")), maximum = Set(numbers("maxRecall"))
    let pedestrian = Set(numbers("greenwave.pedestrianRecall")), soft = Set(numbers("greenwave.softRecall"))
    let dual = Set(numbers("greenwave.dualEntry"))
    var phases: [Phase] = []
    for stage in program.stages {
      guard let name = stage.name, let number = Int(name), let at = place[number] else { return nil }
      var timing = PhaseTiming(
        minimumGreen: stage.minimum ?? .seconds(5), maximumGreen: stage.maximum ?? stage.duration,
        passage: stage.vehicleExtension ?? .seconds(2),
        clearance: ClearanceIntervals(yellow: stage.yellow ?? .seconds(3), redClearance: stage.redClearance ?? .zero))
      timing.split = program.parameter("greenwave.split.\(number)").flatMap { times($0).first }
      if let text = program.parameter("greenwave.gapReduction.\(number)") {
        let values = times(text)
        guard values.count == 3 else { return nil }
        timing.gapReduction = GapReduction(before: values[0], duration: values[1], minimumGap: values[2])
      }
      var walk: PedestrianTiming?
      if let text = program.parameter("greenwave.pedestrian.\(number)") {
        let values = times(text)
        guard values.count == 3 else { return nil }
        walk = PedestrianTiming(walk: values[0], clearance: values[1], leadingInterval: values[2])
      }
      phases.append(
        Phase(
          number: number, ring: at.ring, barrier: at.barrier, position: at.position,
          protectedLinks: stage.state.indications.indices.filter { stage.state[$0] == .green },
          permissiveLinks: stage.state.indications.indices.filter { stage.state[$0] == .permissiveGreen }, timing: timing,
          recall: maximum.contains(number)
            ? .maximum
            : minimum.contains(number) ? .minimum : pedestrian.contains(number) ? .pedestrian : soft.contains(number) ? .soft : .none,
          dualEntry: dual.contains(number), isCoordinated: coordinated.contains(number), pedestrian: walk))
    }
    guard phases.count == place.count, Set(phases.map(\.number)).count == phases.count else { return nil }
    var overlaps: [Overlap] = []
    for parameter in program.parameters where parameter.key.hasPrefix("greenwave.overlap.") {
      let parts = parameter.value.split(separator: ";", omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      let values = times(parts[2])
      guard values.count == 3 else { return nil }
      overlaps.append(
        Overlap(
          name: String(parameter.key.dropFirst("greenwave.overlap.".count)),
          parentPhases: parts[0].split(separator: ",").compactMap { Int($0) }, links: parts[1].split(separator: ",").compactMap { Int($0) },
          trailingGreen: values[0], clearance: ClearanceIntervals(yellow: values[1], redClearance: values[2])))
    }
    self.init(
      phases: phases, overlaps: overlaps, cycle: program.parameter("total-cycle-length").flatMap { times($0).first },
      offset: program.offset, offsetReference: program.parameter("greenwave.offsetReference").flatMap(OffsetReference.init) ?? .beginGreen)
  }

  private static func text(_ time: TimeAmount) -> String {
    time.milliseconds % 1000 == 0 ? String(time.milliseconds / 1000) : String(time.seconds)
  }
}
