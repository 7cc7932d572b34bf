import TrafficModel

/// Reads the output of SUMO's instant induction loops as detector events. Vehicle ids are dropped as they are read.
public enum SUMOLoopEvents {
  /// Calls `body` for each event in the file's order; `detector` gives the id of a loop's name, nil for loops to be passed over.
  public static func read(
    _ path: String, detector: (String) -> DetectorID?, _ body: (DetectorEvent) -> Void
  ) throws(InputProblem) {
    var xml = try XMLReader(path: path)
    var known: [String: DetectorID?] = [:]
    while true {
      switch try xml.next() {
      case .finish: return
      case .end: continue
      case .start:
        guard xml.name == "instantOut", let state = xml["state"], state == "enter" || state == "leave", let name = xml["id"]?.string,
          let time = xml["time"]?.double
        else { continue }
        let id: DetectorID?
        if let seen = known[name] {
          id = seen
        } else {
          id = detector(name)
          known[name] = id
        }
        guard let id else { continue }
        body(
          DetectorEvent(
            time: Instant(seconds: time), detector: id, change: state == "enter" ? .on : .off, speed: xml["speed"]?.double ?? .nan))
      }
    }
  }
}

/// Reads the states SUMO saves of its signals (`SaveTLSStates`).
public enum SUMOSignalRecord {
  /// Calls `body` for each state that differs from the signal's last one.
  public static func read(
    _ path: String, network: RoadNetwork, _ body: (Instant, SignalID, SignalState) -> Void
  ) throws(InputProblem) {
    var xml = try XMLReader(path: path)
    var last: [String: String] = [:]
    while true {
      switch try xml.next() {
      case .finish: return
      case .end: continue
      case .start:
        guard xml.name == "tlsState", let name = xml["id"]?.string, let text = xml["state"]?.string, let time = xml["time"]?.double,
          last[name] != text, let id = network.signalNames[name]
        else { continue }
        last[name] = text
        let shown = text.compactMap { Indication(character: $0) }
        if shown.count == text.count { body(Instant(seconds: time), id, SignalState(shown)) }
      }
    }
  }
}

/// Reads SUMO's vehicle routes with exit times as movements made, without a trace of who made them.
public enum SUMOMovementRecord {
  /// Calls `body` with the links left and entered, and when.
  public static func read(_ path: String, _ body: (String, String, Instant) -> Void) throws(InputProblem) {
    var xml = try XMLReader(path: path)
    while true {
      switch try xml.next() {
      case .finish: return
      case .end: continue
      case .start:
        guard xml.name == "route", let exits = xml["exitTimes"], let edges = xml["edges"] else { continue }
        let names = edges.words, times = exits.words
        for k in 0..<min(names.count - 1, times.count) {
          if let t = Double(times[k]), t >= 0 { body(names[k], names[k + 1], Instant(seconds: t)) }
        }
      }
    }
  }
}

/// Reads lane-area detectors that a signal closes at each end of red: the queue that stood there.
public enum SUMOQueueRecord {
  /// Calls `body` with the detector, the end of red and the vehicles standing.
  public static func read(_ path: String, _ body: (String, Instant, Double) -> Void) throws(InputProblem) {
    var xml = try XMLReader(path: path)
    while true {
      switch try xml.next() {
      case .finish: return
      case .end: continue
      case .start:
        guard xml.name == "interval", let id = xml["id"]?.string, let end = xml["end"]?.double,
          let vehicles = xml["maxJamLengthInVehicles"]?.double
        else { continue }
        body(id, Instant(seconds: end), vehicles)
      }
    }
  }
}
