import Foundation
import TrafficModel

/// A SUMO configuration (`.sumocfg`): which files make the scenario and how it is to be run.
public struct SUMOConfiguration: Sendable {
  /// Paths as the file gives them, resolved against its folder.
  public var networkFile: String?
  public var routeFiles: [String] = []
  public var additionalFiles: [String] = []
  public var begin = Instant.zero
  /// Nil: until everybody has arrived.
  public var end: Instant?
  public var seed: UInt64?
  public var options = ScenarioOptions()
  /// Speed deviation of types that give none; nil: that of their class.
  public var defaultSpeedDeviation: Double?
  /// Options with a meaning for the simulation that are not followed, counted by name.
  public var recognizedOnly: [String: Int] = [:]

  public init() {}

  /// Reads a configuration. All faults are reported together.
  public static func read(_ path: String) throws(InputProblems) -> SUMOConfiguration {
    var configuration = SUMOConfiguration()
    var problems = ProblemCollector(file: path)
    do {
      var xml = try XMLReader(path: path)
      try configuration.read(&xml, path, &problems)
    } catch {
      problems.add(error)
    }
    try problems.check()
    return configuration
  }

  private mutating func read(_ xml: inout XMLReader, _ path: String, _ problems: inout ProblemCollector) throws(InputProblem) {
    let folder = (path as NSString).deletingLastPathComponent
    func resolved(_ text: String) -> [String] {
      text.split(whereSeparator: { $0 == "," || $0 == " " }).map {
        let file = String($0)
        return file.hasPrefix("/") || folder.isEmpty ? file : folder + "/" + file
      }
    }
    var isFirst = true
    while true {
      switch try xml.next() {
      case .finish:
        if networkFile == nil { problems.add(expected: "an option net-file", found: "none") }
        return
      case .end: continue
      case .start:
        if isFirst {
          isFirst = false
          if xml.name == "net" || xml.name == "routes" || xml.name == "additional" {
            return problems.add(line: xml.line, expected: "a SUMO configuration", found: "<\(xml.name.string)>")
          }
        }
        guard let value = xml["value"] ?? xml["v"] else { continue }
        let name = xml.name.string
        let line = xml.line
        func number() -> Double? {
          if let read = value.seconds { return read }
          problems.add(line: line, name, expected: "a number", found: value.string)
          return nil
        }
        switch name {
        case "net-file", "net", "n":
          networkFile = resolved(value.string).first
        case "route-files", "routes", "r": routeFiles += resolved(value.string)
        case "additional-files", "additional", "a": additionalFiles += resolved(value.string)
        case "begin", "b": if let v = number() { begin = Instant(seconds: v) }
        case "end", "e": if let v = number() { end = v < 0 ? nil : Instant(seconds: v) }
        case "seed":
          if let v = value.int, v >= 0 {
            seed = UInt64(v)
          } else {
            problems.add(line: line, name, expected: "an integer from 0", found: value.string)
          }
        case "step-length":
          if let v = number() {
            if v > 0, v <= 10 {
              options.stepLength = v
            } else {
              problems.add(line: line, name, expected: "0.001 to 10 s", found: value.string)
            }
          }
        case "time-to-teleport": if let v = number() { options.timeToTeleport = v > 0 ? v : nil }
        case "time-to-impatience": if let v = number() { options.timeToImpatience = v > 0 ? v : nil }
        case "max-depart-delay": if let v = number() { options.maximumDepartureDelay = v >= 0 ? v : nil }
        case "scale":
          if let v = number() {
            if v >= 0, v < 1e6 {
              options.scale = v
            } else {
              problems.add(line: line, name, expected: "a factor from 0", found: value.string)
            }
          }
        case "default.speeddev": if let v = number() { defaultSpeedDeviation = v >= 0 ? v : nil }
        case "ignore-route-errors": options.ignoresRouteErrors = value.bool ?? false
        case "step-method.ballistic": options.ballisticUpdate = value.bool ?? false
        default:
          if Self.changesTheSimulation(name, value) { recognizedOnly["option \(name)", default: 0] += 1 }
        }
      }
    }
  }

  /// Options that alter what happens on the road and are not followed. The rest steers SUMO's own output, messages and windows.
  private static func changesTheSimulation(_ name: String, _ value: XMLText) -> Bool {
    if value.bool == false { return false }
    let prefixes = [
      "device.", "person-device.", "lanechange.", "lateral-", "collision.", "tls.", "pedestrian.", "routing", "weights.", "meso",
      "weight-", "load-state", "railsignal", "emergencydecel", "default.", "random", "extrapolate", "eager", "sloppy", "parking.",
      "ignore-junction", "opposites", "no-internal-links", "max-num-", "thread-rngs",
    ]
    return prefixes.contains { name.hasPrefix($0) }
  }
}
