import TrafficModel

/// A main street with signals where side streets cross it.
public struct ArterialDesign: Sendable {
  public struct Signal: Sendable, Hashable {
    public var name: String
    /// Along the main street from its first signal [m].
    public var position: Double
    public var timing: StreetDesign.Timing
    public init(name: String, position: Double, timing: StreetDesign.Timing = .init()) {
      self.name = name
      self.position = position
      self.timing = timing
    }
  }

  public var name = "Arterial"
  /// From west to east.
  public var signals: [Signal]
  public var mainLanes = 2
  public var sideLanes = 1
  /// [m/s]
  public var mainSpeed = 16.67
  public var sideSpeed = 13.89
  /// Length of the roads that lead in from outside [m].
  public var approach = 300.0
  /// Vehicles entering at each end of the main street and on each side street [veh/h].
  public var mainVolume = 800.0
  public var sideVolume = 250.0
  /// Part of a side street's traffic that turns onto the main street, half each way; the rest crosses.
  public var turningShare = 0.4

  public init(signals: [Signal]) {
    precondition(!signals.isEmpty, "an arterial needs a signal")
    self.signals = signals
  }

  /// Equal distances and equal timings.
  public init(count: Int, spacing: Double, timing: StreetDesign.Timing = .init()) {
    self.init(signals: (0..<count).map { Signal(name: "A\($0 + 1)", position: Double($0) * spacing, timing: timing) })
  }

  public func design() -> StreetDesign {
    var design = StreetDesign()
    let crossings = signals.map { design.add(.init(name: $0.name, position: Point($0.position, 0), kind: .signalized, timing: $0.timing)) }
    let west = design.add(.init(name: "west", position: Point(signals[0].position - approach, 0), kind: .deadEnd))
    let east = design.add(.init(name: "east", position: Point(signals[signals.count - 1].position + approach, 0), kind: .deadEnd))
    let line = [west] + crossings + [east]
    for (a, b) in zip(line, line.dropFirst()) {
      design.addBothWays(from: a, to: b, lanes: mainLanes, speed: mainSpeed, priority: 3, streetName: name)
    }
    for (k, signal) in signals.enumerated() {
      let south = design.add(.init(name: signal.name + "s", position: Point(signal.position, -approach), kind: .deadEnd))
      let north = design.add(.init(name: signal.name + "n", position: Point(signal.position, approach), kind: .deadEnd))
      design.addBothWays(from: south, to: crossings[k], lanes: sideLanes, speed: sideSpeed, priority: 1)
      design.addBothWays(from: crossings[k], to: north, lanes: sideLanes, speed: sideSpeed, priority: 1)
    }
    return design
  }

  public func network() -> RoadNetwork { design().network() }

  public func scenario(duration: Double = 3600) -> GeneratedScenario {
    let first = signals[0].name, last = signals[signals.count - 1].name
    var streams = [
      GeneratedScenario.Stream(from: "west" + first, to: last + "east", rate: mainVolume),
      GeneratedScenario.Stream(from: "east" + last, to: first + "west", rate: mainVolume),
    ]
    for signal in signals {
      let s = signal.name + "s", n = signal.name + "n", a = signal.name
      for (entry, exit) in [(s + a, a + n), (n + a, a + s)] {
        streams.append(.init(from: entry, to: exit, rate: sideVolume * (1 - turningShare)))
        streams.append(.init(from: entry, to: last + "east", rate: sideVolume * turningShare / 2))
        streams.append(.init(from: entry, to: first + "west", rate: sideVolume * turningShare / 2))
      }
    }
    return GeneratedScenario(name: name, design: design(), streams: streams, duration: duration)
  }
}
