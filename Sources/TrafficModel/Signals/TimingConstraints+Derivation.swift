extension TimingConstraints {
  /// What a reader of rules may set beside what the network and its programs say.
  public struct Derivation: Hashable, Sendable {
    /// Shortest green of any link.
    public var minimumGreen: TimeAmount = .seconds(5)
    /// Yellow of links no program ever ends.
    public var defaultYellow: TimeAmount = .seconds(3)
    /// Nobody waits longer than this.
    public var maximumRed: TimeAmount = .seconds(300)
    public var minimumCycle: TimeAmount = .seconds(20)
    public var maximumCycle: TimeAmount = .seconds(180)
    /// A longer wait between two greens is no clearance but a program that had nothing to do.
    public var maximumRedClearance: TimeAmount = .seconds(10)
    public init() {}
  }

  /// Rules of a signal from the network and the programs it came with.
  ///
  /// - Conflicts: foes by the network's right of way. A pair some program shows green together is permissive, all others conflict:
  ///   whoever engineered the junction decided which foes may share a green, and nobody else widens that. A pair shown with
  ///   protected green on both sides becomes an exception.
  /// - Yellow: the shortest a program shows at the end of the link's green. Red clearance: the shortest time from the end of that yellow
  ///   to the green of a link it conflicts with in which no third link holds that one back.
  public static func derived(
    for signal: Signal, in network: RoadNetwork, programs: [SignalProgram]? = nil, _ settings: Derivation = .init()
  ) -> TimingConstraints {
    let programs = (programs ?? signal.programs).filter { program in
      program.kind != .off && program.stages.allSatisfy { $0.state.count >= signal.links.count } && program.cycle > .zero
    }
    let rightOfWay = SignalRightOfWay(of: signal, in: network)
    return derived(rightOfWay: rightOfWay, programs: programs, settings)
  }

  /// The same from right of way alone, for signals that have no network.
  public static func derived(
    rightOfWay: SignalRightOfWay, programs: [SignalProgram], _ settings: Derivation = .init()
  ) -> TimingConstraints {
    let n = rightOfWay.count
    var conflicts = ConflictMatrix(count: n)
    var exceptions: [Exception] = []
    for i in 0..<n {
      for j in (i + 1)..<max(i + 1, n) where rightOfWay.foes[i][j] {
        var together = false
        var both: String?
        for program in programs {
          for stage in program.stages where stage.state[i].isGreen && stage.state[j].isGreen {
            together = true
            if stage.state[i] == .green && stage.state[j] == .green { both = both ?? program.id }
          }
        }
        conflicts[i, j] = together ? .permissive : .conflict
        if let both { exceptions.append(Exception(first: i, second: j, reason: both)) }
      }
    }
    let timelines = programs.map { SignalTimeline($0, links: n) }
    var longestYellow: TimeAmount?
    for run in timelines.flatMap({ $0.runs.joined() }) where run.indication == .yellow && run.followsGreen {
      longestYellow = max(longestYellow ?? run.length, run.length)
    }
    let links = (0..<n).map { i -> LinkLimits in
      var yellow: TimeAmount?
      var red: TimeAmount?
      for timeline in timelines {
        for run in timeline.runs[i] where run.indication == .yellow && run.followsGreen {
          yellow = min(yellow ?? run.length, run.length)
          for j in 0..<n where conflicts[i, j] == .conflict {
            // Only the time in which nothing else holds link j back is the clearance of link i.
            let others = (0..<n).filter { $0 != i && conflicts[$0, j] == .conflict }
            guard let wait = timeline.idleTime(before: j, from: run.start + run.length, unheldBy: others) else { continue }
            red = min(red ?? wait, wait)
          }
        }
      }
      return LinkLimits(
        minimumGreen: settings.minimumGreen, yellow: yellow ?? longestYellow ?? settings.defaultYellow,
        redClearance: min(red ?? .zero, settings.maximumRedClearance), maximumRed: settings.maximumRed)
    }
    return TimingConstraints(
      links: links, conflicts: conflicts, exceptions: exceptions, minimumCycle: settings.minimumCycle,
      maximumCycle: settings.maximumCycle)
  }

  /// Whether the pair may show protected green on both sides.
  public func allowsBothProtected(_ i: Int, _ j: Int) -> Bool {
    conflicts[i, j] == .none || exceptions.contains { ($0.first == i && $0.second == j) || ($0.first == j && $0.second == i) }
  }
}
