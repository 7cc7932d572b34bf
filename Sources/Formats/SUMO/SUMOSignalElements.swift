import TrafficModel

/// Reads `tlLogic` elements: the same in networks and additional files.
struct SUMOSignalElements {
  struct Program {
    var signal: String
    var program: SignalProgram
    var line: Int
  }

  private(set) var current: Program?
  /// Types whose logic is not run; their stages are, as fixed time.
  private(set) var recognizedOnly: [String: Int] = [:]

  static let knownAttributes: [StaticString] = [
    "duration", "state", "minDur", "maxDur", "earliestEnd", "latestEnd", "vehext", "yellow", "red", "name", "next",
  ]

  mutating func begin(_ xml: inout XMLReader, _ problems: inout ProblemCollector) {
    let line = xml.line
    guard let id = xml["id"]?.string, !id.isEmpty else {
      return problems.add(line: line, "tlLogic", expected: "an attribute id")
    }
    let type = xml["type"]?.string ?? "static"
    var kind = SignalProgram.Kind(rawValue: type)
    if kind == nil {
      kind = .fixedTime
      recognizedOnly["tlLogic type=\(type)", default: 0] += 1
    }
    var offset = TimeAmount.zero
    if let text = xml["offset"], !(text == "begin") {
      if let value = text.timeAmount {
        offset = value
      } else {
        problems.add(line: line, "tlLogic \(id)", expected: "offset in seconds", found: text.string)
      }
    }
    var program = SignalProgram(id: xml["programID"]?.string ?? "0", kind: kind!, offset: offset, stages: [])
    if kind == .fixedTime, type != "static" { program.parameters.append(.init(key: "type", value: type)) }
    current = Program(signal: id, program: program, line: line)
  }

  mutating func phase(_ xml: inout XMLReader, _ problems: inout ProblemCollector) {
    guard current != nil else { return }
    let line = xml.line
    let element = "tlLogic \(current!.signal) phase \(current!.program.stages.count)"
    guard let duration = xml["duration"]?.seconds, duration >= 0, duration < 1e6 else {
      return problems.add(
        line: line, element, expected: "duration in seconds, from 0 to a million", found: xml["duration"]?.string ?? "none")
    }
    guard let text = xml["state"]?.string, let state = SignalState(text), state.count > 0 else {
      return problems.add(line: line, element, expected: "state of the characters rugGyYsoO", found: xml["state"]?.string ?? "none")
    }
    if let first = current!.program.stages.first, first.state.count != state.count {
      problems.add(
        line: line, element, expected: "a state of \(first.state.count) characters, as in the first phase", found: "\(state.count): \(text)"
      )
    }
    var stage = Stage(state: state, duration: TimeAmount(seconds: duration))
    func time(_ key: StaticString) -> TimeAmount? {
      guard let value = xml[key] else { return nil }
      guard let seconds = value.seconds, seconds < 1e9 else {
        problems.add(line: line, element, expected: "\(key) in seconds", found: value.string)
        return nil
      }
      return TimeAmount(seconds: seconds)
    }
    stage.minimum = time("minDur")
    stage.maximum = time("maxDur")
    stage.earliestEnd = time("earliestEnd")
    stage.latestEnd = time("latestEnd")
    stage.vehicleExtension = time("vehext")
    stage.yellow = time("yellow")
    stage.redClearance = time("red")
    stage.name = xml["name"]?.string
    if let next = xml["next"] {
      for word in next.words {
        if let index = Int(word), index >= 0 {
          stage.next.append(index)
        } else {
          problems.add(line: line, element, expected: "next as indices of phases", found: next.string)
        }
      }
    }
    for (name, value) in xml.allAttributes where !Self.knownAttributes.contains(where: { $0.description == name }) {
      stage.attributes.append(.init(key: name, value: value))
    }
    current!.program.stages.append(stage)
  }

  mutating func parameter(_ xml: borrowing XMLReader) {
    guard current != nil, let key = xml["key"]?.string else { return }
    current!.program.parameters.append(.init(key: key, value: xml["value"]?.string ?? ""))
  }

  /// The program that ends here, checked.
  mutating func end(_ problems: inout ProblemCollector) -> Program? {
    defer { current = nil }
    guard let read = current else { return nil }
    let stages = read.program.stages
    if stages.isEmpty, read.program.kind == .fixedTime || read.program.kind == .actuated || read.program.kind == .delayBased {
      problems.add(line: read.line, "tlLogic \(read.signal)", expected: "at least one phase", found: "none")
    }
    for (index, stage) in stages.enumerated() where stage.next.contains(where: { $0 >= stages.count }) {
      problems.add(
        line: read.line, "tlLogic \(read.signal) phase \(index)", expected: "next below \(stages.count)", found: "\(stage.next)")
    }
    if !stages.isEmpty, read.program.cycle == .zero, read.program.kind == .fixedTime {
      problems.add(line: read.line, "tlLogic \(read.signal)", expected: "phases that take time", found: "a cycle of 0 s")
    }
    return read
  }
}
