import Foundation
import TrafficModel
import Yams

/// What a `scenario.yaml` says. Paths are relative to its folder.
///
/// ```yaml
/// schema: 1                     # version of this form
/// name: Euclid Avenue, morning
/// network: avenue.net.xml       # plain or .gz
/// demand: [avenue.rou.xml]      # one file or a list
/// detectors: detectors.add.xml  # detectors, signals and additional are read alike, in this order
/// signals: plan.add.xml
/// additional: []
/// programs: {A1: "1"}           # which program runs where a signal has several; else the last one read
/// begin: 25200                  # [s] or h:mm:ss
/// end: 28800                    # [s] or h:mm:ss; `empty` or absent: until everybody has arrived
/// seeds: [1, 2, 3]
/// step: 1                       # [s]
/// teleport-after: off           # [s]; SUMO's default is 300
/// scale: 1                      # factor on demand
/// clock: {zero: "2024-05-13T00:00:00Z", zone: Europe/Berlin}
/// ```
public struct ScenarioDescription: Sendable {
  public static let schemaVersion = 1

  public var file = ""
  public var name = ""
  public var networkFile = ""
  public var routeFiles: [String] = []
  public var additionalFiles: [String] = []
  public var programs: [(signal: String, program: String)] = []
  public var begin = Instant.zero
  public var end: Instant?
  public var seeds: [UInt64] = [23423]
  public var options = ScenarioOptions()
  public var defaultSpeedDeviation: Double?
  public var clock: ScenarioClock?
  public var recognizedOnly: [String: Int] = [:]

  public init() {}

  init(configuration: SUMOConfiguration, file: String) {
    self.file = file
    name = ((file as NSString).lastPathComponent as NSString).deletingPathExtension
    networkFile = configuration.networkFile ?? ""
    routeFiles = configuration.routeFiles
    additionalFiles = configuration.additionalFiles
    begin = configuration.begin
    end = configuration.end
    seeds = [configuration.seed ?? 23423]
    options = configuration.options
    defaultSpeedDeviation = configuration.defaultSpeedDeviation
    recognizedOnly = configuration.recognizedOnly
  }

  /// Reads a `scenario.yaml`. All faults are reported together.
  public static func read(_ path: String) throws(InputProblems) -> ScenarioDescription {
    var problems = ProblemCollector(file: path)
    guard let data = FileManager.default.contents(atPath: path) else {
      throw InputProblems([InputProblem(file: path, expected: "a readable file", found: "nothing", isMissingInput: true)])
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw InputProblems([InputProblem(file: path, expected: "text in UTF-8", found: "other bytes")])
    }
    var description = ScenarioDescription()
    description.file = path
    do {
      guard let root = try Yams.compose(yaml: text) else {
        throw InputProblems([InputProblem(file: path, expected: "a mapping of keys", found: "an empty file")])
      }
      description.fill(root, path, &problems)
    } catch let error as YamlError {
      problems.add(expected: "well-formed YAML", found: "\(error)".replacingOccurrences(of: "\n", with: " "))
    } catch let error as InputProblems {
      throw error
    } catch {
      problems.add(expected: "well-formed YAML", found: "\(error)")
    }
    try problems.check()
    return description
  }

  private mutating func fill(_ root: Yams.Node, _ path: String, _ problems: inout ProblemCollector) {
    guard let mapping = root.mapping else {
      return problems.add(line: root.mark?.line, expected: "a mapping of keys", found: "something else")
    }
    let folder = (path as NSString).deletingLastPathComponent
    name = (folder as NSString).lastPathComponent
    var groups: [String: [String]] = [:]
    func files(_ node: Yams.Node, _ key: String) -> [String] {
      let entries = node.sequence.map { Array($0) } ?? [node]
      var all: [String] = []
      for entry in entries {
        guard let text = entry.string, !text.isEmpty else {
          problems.add(line: entry.mark?.line, key, expected: "a file name or a list of them", found: nil)
          continue
        }
        all.append(text.hasPrefix("/") || folder.isEmpty ? text : folder + "/" + text)
      }
      return all
    }
    func seconds(_ node: Yams.Node, _ key: String) -> Double? {
      // Through the XML reader's spelling of times, so that both forms of a scenario know the same.
      let bytes = Array((node.string ?? "").utf8)
      let value = bytes.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.flatMap { XMLText(start: $0, count: buffer.count).seconds }
      }
      if value == nil {
        problems.add(line: node.mark?.line, key, expected: "a time in seconds or h:mm:ss", found: node.string)
      }
      return value
    }
    for (keyNode, node) in mapping {
      let key = keyNode.string ?? ""
      let line = keyNode.mark?.line
      switch key {
      case "schema":
        if node.int != Self.schemaVersion {
          problems.add(line: line, key, expected: "version \(Self.schemaVersion)", found: node.string)
        }
      case "name": name = node.string ?? name
      case "description": break
      case "network": networkFile = files(node, key).first ?? ""
      case "demand", "detectors", "signals", "additional": groups[key] = files(node, key)
      case "programs":
        guard let pairs = node.mapping else {
          problems.add(line: line, key, expected: "signal: program pairs", found: node.string)
          continue
        }
        for (signal, program) in pairs { programs.append((signal.string ?? "", program.string ?? "")) }
      case "begin": if let value = seconds(node, key) { begin = Instant(seconds: value) }
      case "end":
        if node.string == "empty" || node.null != nil { end = nil } else if let value = seconds(node, key) { end = Instant(seconds: value) }
      case "seeds", "seed":
        let entries = node.sequence.map { Array($0) } ?? [node]
        let read = entries.compactMap { $0.string.flatMap { UInt64($0) } }
        if read.count == entries.count, !read.isEmpty {
          seeds = read
        } else {
          problems.add(line: line, key, expected: "integers from 0", found: node.string)
        }
      case "step":
        if let value = node.float, value >= 0.001, value <= 10 {
          options.stepLength = value
        } else {
          problems.add(line: line, key, expected: "0.001 to 10 s", found: node.string)
        }
      case "teleport-after":
        if node.string == "off" || node.bool == false {
          options.timeToTeleport = nil
        } else if let value = seconds(node, key) {
          options.timeToTeleport = value > 0 ? value : nil
        }
      case "scale":
        if let value = node.float, value >= 0, value < 1e6 {
          options.scale = value
        } else {
          problems.add(line: line, key, expected: "a factor from 0", found: node.string)
        }
      case "clock":
        guard let zero = node.mapping?["zero"]?.string, let utc = Self.utcMilliseconds(zero), let zone = node.mapping?["zone"]?.string,
          TimeZone(identifier: zone) != nil
        else {
          problems.add(
            line: line, key, expected: "zero as 2024-05-13T00:00:00Z and zone as an IANA name such as Europe/Berlin", found: nil)
          continue
        }
        clock = ScenarioClock(utcAtZero: utc, timeZone: zone)
      default: problems.add(line: line, key, expected: "one of the keys of scenario.yaml", found: "an unknown key")
      }
    }
    routeFiles = groups["demand"] ?? []
    additionalFiles = (groups["detectors"] ?? []) + (groups["signals"] ?? []) + (groups["additional"] ?? [])
    if networkFile.isEmpty { problems.add(expected: "a key network", found: "none") }
    if mapping["schema"] == nil { problems.add(expected: "a key schema", found: "none", advice: "add `schema: 1`") }
    if let end, end <= begin { problems.add("end", expected: "a time after begin", found: "\(end.seconds) s") }
  }

  private static func utcMilliseconds(_ text: String) -> Int64? {
    let format = ISO8601DateFormatter()
    return format.date(from: text).map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) }
  }
}
