import TrafficModel

/// One service of a phase: green, yellow and red clearance, until the next green.
public struct PhaseCycle: Sendable, Hashable {
  /// What ended the green.
  public enum Termination: UInt8, Sendable, CaseIterable { case unknown, gapOut, maxOut, forceOff }

  /// Times on the log's clock [ms].
  public var green: Int64
  public var yellow: Int64
  /// Begin of red clearance, or end of yellow where the controller times none.
  public var red: Int64
  /// Begin of the next green.
  public var end: Int64
  public var termination: Termination
  /// Exactly one begin of green, of yellow and of red clearance were seen: measures use only such cycles.
  public var isComplete: Bool

  public var greenTime: Double { Double(yellow - green) / 1000 }
  public var length: Double { Double(end - green) / 1000 }
}

/// All cycles of one phase of one controller, in order.
public struct PhaseHistory: Sendable {
  public var device: UInt16
  public var phase: UInt16
  public var cycles: [PhaseCycle]
}

/// What a phase shows, as changes in order of time: the state after each begin of green (1), yellow (8) or red clearance (10).
public struct PhaseStates: Sendable {
  public var time: [Int64] = []
  /// 1, 8 or 10.
  public var code: [UInt8] = []
  public init() {}

  /// The state at `time`: the last change at or before it; ties count as before. Nil before the first change.
  public func state(at t: Int64) -> UInt8? {
    var low = 0, high = time.count
    while low < high {
      let middle = (low + high) / 2
      if time[middle] <= t { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? code[low - 1] : nil
  }
}

/// Phase and pedestrian events of a log by controller and phase.
public struct PhaseEvents: Sendable {
  public struct Key: Hashable, Sendable, Comparable {
    public var device: UInt16
    public var phase: UInt16
    public init(device: UInt16, phase: UInt16) {
      self.device = device
      self.phase = phase
    }
    public static func < (a: Self, b: Self) -> Bool { (a.device, a.phase) < (b.device, b.phase) }
  }

  public var states: [Key: PhaseStates] = [:]
  public var histories: [Key: PhaseHistory] = [:]
  /// Pedestrian calls (45 or 90), begins of walk (21), clearance (22) and don't walk (23), each as times.
  public var pedestrianCalls: [Key: [Int64]] = [:]
  public var walks: [Key: [Int64]] = [:]
  public var keys: [Key] = []
  /// Cycles that lacked one of their three events, or had one twice.
  public var incompleteCycles = 0

  public init(_ log: ControllerEventLog) {
    var terminations: [Key: [(Int64, PhaseCycle.Termination)]] = [:]
    log.code.withUnsafeBufferPointer { code in
      for i in 0..<code.count {
        let c = code[i]
        if c > 45 && c != 90 { continue }
        switch c {
        case 1, 8, 10:
          let key = Key(device: log.device[i], phase: UInt16(truncatingIfNeeded: log.parameter[i]))
          states[key, default: PhaseStates()].time.append(log.time[i])
          states[key]!.code.append(UInt8(c))
        case 4, 5, 6:
          let kind: PhaseCycle.Termination = c == 4 ? .gapOut : c == 5 ? .maxOut : .forceOff
          terminations[Key(device: log.device[i], phase: UInt16(truncatingIfNeeded: log.parameter[i])), default: []].append(
            (log.time[i], kind))
        case 21: walks[Key(device: log.device[i], phase: UInt16(truncatingIfNeeded: log.parameter[i])), default: []].append(log.time[i])
        case 45, 90:
          pedestrianCalls[Key(device: log.device[i], phase: UInt16(truncatingIfNeeded: log.parameter[i])), default: []].append(log.time[i])
        default: break
        }
      }
    }
    keys = states.keys.sorted()
    for key in keys {
      // Ties in time are ordered by code, so that a green that begins in the instant a clearance ends comes out right.
      var s = states[key]!
      let order = s.time.indices.sorted { (s.time[$0], s.code[$0], $0) < (s.time[$1], s.code[$1], $1) }
      s.time = order.map { states[key]!.time[$0] }
      s.code = order.map { states[key]!.code[$0] }
      states[key] = s
      let history = Self.cycles(s, terminations[key] ?? [])
      incompleteCycles += history.filter { !$0.isComplete }.count
      histories[key] = PhaseHistory(device: key.device, phase: key.phase, cycles: history)
    }
  }

  private static func cycles(_ s: PhaseStates, _ ends: [(Int64, PhaseCycle.Termination)]) -> [PhaseCycle] {
    var result: [PhaseCycle] = []
    let greens = s.time.indices.filter { s.code[$0] == 1 }
    var e = 0
    for (g, next) in zip(greens, greens.dropFirst()) {
      let between = (g + 1)..<next
      let yellows = between.filter { s.code[$0] == 8 }
      let reds = between.filter { s.code[$0] == 10 }
      let green = s.time[g], end = s.time[next]
      let yellow = yellows.first.map { s.time[$0] } ?? end
      let red = reds.first.map { s.time[$0] } ?? yellow
      while e < ends.count, ends[e].0 < green { e += 1 }
      var termination = PhaseCycle.Termination.unknown
      var k = e
      // The reason is written in the instant the green ends, or shortly before.
      while k < ends.count, ends[k].0 <= yellow {
        termination = ends[k].1
        k += 1
      }
      result.append(
        PhaseCycle(
          green: green, yellow: yellow, red: red, end: end, termination: termination,
          isComplete: yellows.count == 1 && reds.count == 1 && yellow <= red))
    }
    return result
  }
}
