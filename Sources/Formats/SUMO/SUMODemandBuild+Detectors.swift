import TrafficModel

extension SUMODemandBuild {
  /// Interval of aggregation under its present and its former name.
  private mutating func period(_ xml: inout XMLReader, _ element: String, _ line: Int) -> TimeAmount?? {
    guard let text = xml["period"] ?? xml["freq"] else { return .some(nil) }
    guard let value = text.timeAmount else {
      problems.add(line: line, element, expected: "period in seconds", found: text.string)
      return nil
    }
    return .some(value > .zero ? value : nil)
  }

  /// A position on a lane, negative ones counted from its end; nil after a complaint.
  private mutating func position(
    _ text: XMLText?, on lane: LaneID, friendly: Bool, _ key: String, _ element: String, _ line: Int
  ) -> Double? {
    let length = network[lane].length
    guard let text, let given = text.double, abs(given) < 1e6 else {
      problems.add(line: line, element, expected: "\(key) in metres", found: text?.string ?? "none")
      return nil
    }
    var value = given < 0 ? given + length : given
    if friendly { value = min(max(value, 0), length) }
    guard value >= 0, value <= length + 1e-6 else {
      problems.add(
        line: line, element, expected: "\(key) within the lane's \(length) m", found: text.string,
        advice: "friendlyPos moves a detector onto its lane")
      return nil
    }
    return min(value, length)
  }

  private mutating func add(_ detector: Detector, _ element: String, _ line: Int) {
    let id = detectorNames.intern(detector.name)
    guard id.index == detectors.count else {
      return problems.add(line: line, element, expected: "each detector id once", found: "a second of this id")
    }
    var detector = detector
    detector.id = id
    detectors.append(detector)
  }

  private mutating func begin(_ xml: inout XMLReader) -> (name: String, element: String, line: Int, friendly: Bool)? {
    let line = xml.line
    let kind = xml.name.string
    guard let name = xml["id"]?.string, !name.isEmpty else {
      problems.add(line: line, kind, expected: "an attribute id")
      return nil
    }
    if let types = xml["vTypes"], !types.isEmpty { recognizedOnly["detector for some vTypes only (counts all)", default: 0] += 1 }
    return (name, "\(kind) \(name)", line, xml["friendlyPos"]?.bool ?? false)
  }

  mutating func inductionLoop(_ xml: inout XMLReader) {
    guard let (name, element, line, friendly) = begin(&xml), let lane = lane(xml["lane"], line: line, element),
      let at = position(xml["pos"], on: lane, friendly: friendly, "pos", element, line), let period = period(&xml, element, line)
    else { return }
    add(
      Detector(
        id: DetectorID(0), name: name, kind: .point(lane: lane, position: at), period: period, outputFile: xml["file"]?.string), element,
      line)
  }

  mutating func laneArea(_ xml: inout XMLReader) {
    guard let (name, element, line, friendly) = begin(&xml), let period = period(&xml, element, line) else { return }
    var lanes: [LaneID] = []
    if let list = xml["lanes"] {
      for word in list.words {
        guard let lane = network.laneNames[word] else {
          return problems.add(line: line, element, expected: "lanes of the network", found: "no lane \(word)")
        }
        lanes.append(lane)
      }
    } else if let lane = lane(xml["lane"], line: line, element) {
      lanes = [lane]
    }
    guard let first = lanes.first, let last = lanes.last else { return }
    var start: Double?
    var end: Double?
    if let text = xml["pos"] {
      guard let at = position(text, on: first, friendly: friendly, "pos", element, line) else { return }
      start = at
    }
    if let text = xml["endPos"] {
      guard let at = position(text, on: last, friendly: friendly, "endPos", element, line) else { return }
      end = at
    }
    if let text = xml["length"], lanes.count == 1, start == nil || end == nil {
      guard let length = text.double, length > 0, length < 1e6 else {
        return problems.add(line: line, element, expected: "length in metres, more than 0", found: text.string)
      }
      if let from = start {
        end = min(from + length, network[last].length)
      } else {
        end = end ?? network[last].length
        start = max(0, end! - length)
      }
    }
    let from = start ?? 0, to = end ?? network[last].length
    guard lanes.count > 1 || from < to else {
      return problems.add(line: line, element, expected: "a stretch of some length", found: "\(from) to \(to)")
    }
    var made = Detector(
      id: DetectorID(0), name: name, kind: .area(lanes: lanes, start: from, end: to), period: period, outputFile: xml["file"]?.string)
    guard thresholds(&xml, &made, element, line) else { return }
    if let text = xml["tl"], let signal = network.signalNames[utf8: text.bytes] { made.signal = signal }
    add(made, element, line)
  }

  private mutating func thresholds(_ xml: inout XMLReader, _ made: inout Detector, _ element: String, _ line: Int) -> Bool {
    func read(_ text: XMLText?, _ key: String) -> Double? {
      guard let text else { return nil }
      guard let value = text.double, value >= 0, value < 1e6 else {
        problems.add(line: line, element, expected: "\(key), not negative", found: text.string)
        return .nan
      }
      return value
    }
    made.haltingTime = read(xml["timeThreshold"], "timeThreshold") ?? made.haltingTime
    made.haltingSpeed = read(xml["speedThreshold"], "speedThreshold") ?? made.haltingSpeed
    made.jamDistance = read(xml["jamThreshold"], "jamThreshold") ?? made.jamDistance
    return !(made.haltingTime.isNaN || made.haltingSpeed.isNaN || made.jamDistance.isNaN)
  }

  mutating func entryExit(_ xml: inout XMLReader) {
    open.entryExit = nil
    guard let (name, element, line, _) = begin(&xml), let period = period(&xml, element, line) else { return }
    var made = Detector(
      id: DetectorID(0), name: name, kind: .entryExit(entries: [], exits: []), period: period, outputFile: xml["file"]?.string)
    guard thresholds(&xml, &made, element, line) else { return }
    open.entryExit = made
    open.entryExitLine = line
  }

  mutating func gate(_ xml: inout XMLReader, isEntry: Bool) {
    guard let detector = open.entryExit, case .entryExit(var entries, var exits) = detector.kind else { return }
    let element = "entryExitDetector \(detector.name)"
    let line = xml.line
    guard let lane = lane(xml["lane"], line: line, element),
      let at = position(xml["pos"], on: lane, friendly: xml["friendlyPos"]?.bool ?? false, "pos", element, line)
    else { return }
    if isEntry { entries.append(.init(lane: lane, position: at)) } else { exits.append(.init(lane: lane, position: at)) }
    open.entryExit!.kind = .entryExit(entries: entries, exits: exits)
  }

  mutating func endEntryExit() {
    guard let detector = open.entryExit, case .entryExit(let entries, let exits) = detector.kind else { return }
    open.entryExit = nil
    let element = "entryExitDetector \(detector.name)"
    guard !entries.isEmpty, !exits.isEmpty else {
      return problems.add(line: open.entryExitLine, element, expected: "at least one detEntry and one detExit", found: "none of one kind")
    }
    add(detector, element, open.entryExitLine)
  }
}
