import TrafficModel

/// What the live engine must know of the streets it runs: signals with their rules and plans, lanes before them, and the detectors that
/// watch. It is written into the journal at each start, so that a journal can be replayed with nothing else at hand.
public struct LiveTopology: Sendable, Hashable, Codable {
  public struct Approach: Sendable, Hashable, Codable {
    public var name: String
    /// Links of the controller that rule this lane.
    public var links: [Int]
    /// Vehicles that fit between the advance detector and the stop line.
    public var storage: Double
    /// Links of other approaches' signals that feed it are not needed here; where the lane lies on the map, x and y in turn [m].
    public var line: [Double]
    public init(name: String, links: [Int], storage: Double, line: [Double] = []) {
      self.name = name
      self.links = links
      self.storage = storage
      self.line = line
    }
  }

  public struct Signal: Sendable, Hashable, Codable {
    public var name: String
    public var x: Double
    public var y: Double
    public var constraints: TimingConstraints
    public var programs: [SignalProgram]
    /// Which program runs from which second of the day on, ascending; the first entry starts at 0.
    public var timeOfDay: [Entry]
    public var approaches: [Approach]
    /// The part of the city one engine runs as a whole.
    public var region: String

    public struct Entry: Sendable, Hashable, Codable {
      public var second: Int
      public var program: Int
      public init(second: Int, program: Int) {
        self.second = second
        self.program = program
      }
    }

    public init(
      name: String, x: Double, y: Double, constraints: TimingConstraints, programs: [SignalProgram], timeOfDay: [Entry] = [],
      approaches: [Approach], region: String = "city"
    ) {
      self.name = name
      self.x = x
      self.y = y
      self.constraints = constraints
      self.programs = programs
      self.timeOfDay = timeOfDay.isEmpty ? [Entry(second: 0, program: programs.count - 1)] : timeOfDay
      self.approaches = approaches
      self.region = region
    }

    public var linkCount: Int { constraints.links.count }

    /// Index of the program that the calendar wants at `now`, a UTC time, in a zone `offset` ahead of UTC.
    public func program(at now: Instant, offset: TimeAmount) -> Int {
      let day: Int64 = 86_400_000
      var within = (now + offset).milliseconds % day
      if within < 0 { within += day }
      return timeOfDay.last { Int64($0.second) * 1000 <= within }?.program ?? timeOfDay[0].program
    }
  }

  public struct Detector: Sendable, Hashable, Codable {
    public enum Role: String, Sendable, Codable { case advance, stopBar, exit }
    public var name: String
    public var role: Role
    public var signal: Int
    /// Index among the signal's approaches; for an exit detector, nil.
    public var approach: Int?
    public var x: Double
    public var y: Double
    public init(name: String, role: Role, signal: Int, approach: Int?, x: Double, y: Double) {
      self.name = name
      self.role = role
      self.signal = signal
      self.approach = approach
      self.x = x
      self.y = y
    }
  }

  /// Roads between signals, for the map and for corridors.
  public struct Road: Sendable, Hashable, Codable {
    public var name: String
    /// x and y in turn [m].
    public var line: [Double]
    /// Indices of the signals at its ends, where there are any.
    public var from: Int?
    public var to: Int?
    /// [m]
    public var length: Double
    /// [m/s]
    public var speed: Double
    public init(name: String, line: [Double], from: Int?, to: Int?, length: Double, speed: Double) {
      self.name = name
      self.line = line
      self.from = from
      self.to = to
      self.length = length
      self.speed = speed
    }
  }

  public var name: String
  public var signals: [Signal]
  public var detectors: [Detector]
  public var roads: [Road]
  /// Local time is ahead of UTC by this much.
  public var zoneOffset: TimeAmount

  public init(name: String, signals: [Signal], detectors: [Detector], roads: [Road] = [], zoneOffset: TimeAmount = .zero) {
    self.name = name
    self.signals = signals
    self.detectors = detectors
    self.roads = roads
    self.zoneOffset = zoneOffset
  }

  /// What does not fit together, in words for whoever made the topology; empty where all is well.
  public func problems(file: String) -> [InputProblem] {
    var found: [InputProblem] = []
    func complain(_ element: String, _ expected: String, _ actual: String) {
      found.append(InputProblem(file: file, element: element, expected: expected, found: actual))
    }
    if Set(signals.map(\.name)).count != signals.count { complain("signals", "a name of its own for each", "a name twice") }
    if Set(detectors.map(\.name)).count != detectors.count { complain("detectors", "a name of its own for each", "a name twice") }
    for signal in signals {
      let at = "signal \(signal.name)"
      if signal.programs.isEmpty { complain(at, "at least one program", "none") }
      for program in signal.programs {
        if program.cycle.milliseconds <= 0 { complain("\(at), program \(program.id)", "a cycle longer than zero", "zero") }
        for stage in program.stages where stage.state.count != signal.linkCount {
          complain("\(at), program \(program.id)", "\(signal.linkCount) indications", "\(stage.state.count)")
        }
      }
      for entry in signal.timeOfDay where !signal.programs.indices.contains(entry.program) {
        complain(at, "a program of the list in the calendar", "\(entry.program)")
      }
      if signal.constraints.conflicts.count != signal.linkCount {
        complain(at, "conflicts for \(signal.linkCount) links", "\(signal.constraints.conflicts.count)")
      }
      for approach in signal.approaches where approach.links.contains(where: { $0 < 0 || $0 >= signal.linkCount }) {
        complain("\(at), approach \(approach.name)", "links below \(signal.linkCount)", "\(approach.links)")
      }
    }
    for detector in detectors {
      guard signals.indices.contains(detector.signal) else {
        complain("detector \(detector.name)", "a signal of the list", "\(detector.signal)")
        continue
      }
      if let approach = detector.approach, !signals[detector.signal].approaches.indices.contains(approach) {
        complain("detector \(detector.name)", "an approach of its signal", "\(approach)")
      }
    }
    return found
  }
}
