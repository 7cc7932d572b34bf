import TrafficModel

/// Writes signal programs as a SUMO additional file (`<tlLogic>` elements), all attributes and parameters included.
public enum SUMOSignalWriter {
  /// The file's text.
  /// - Parameter programID: written instead of each program's own id where given; SUMO refuses an id the network already has.
  public static func text(_ plan: TimingPlan, network: RoadNetwork, programID: String? = nil) -> String {
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<additional>\n"
    for timing in plan.programs {
      let program = timing.program
      text +=
        "  <tlLogic id=\"\(escaped(network.name(timing.signal)))\" type=\"\(program.kind == .off ? "static" : program.kind.rawValue)\""
        + " programID=\"\(escaped(programID ?? program.id))\" offset=\"\(seconds(program.offset))\">\n"
      for stage in program.stages {
        text += "    <phase duration=\"\(seconds(stage.duration))\" state=\"\(stage.state)\""
        let optional: [(String, TimeAmount?)] = [
          ("minDur", stage.minimum), ("maxDur", stage.maximum), ("earliestEnd", stage.earliestEnd), ("latestEnd", stage.latestEnd),
          ("vehext", stage.vehicleExtension), ("yellow", stage.yellow), ("red", stage.redClearance),
        ]
        for (name, value) in optional { if let value { text += " \(name)=\"\(seconds(value))\"" } }
        if let name = stage.name { text += " name=\"\(escaped(name))\"" }
        if !stage.next.isEmpty { text += " next=\"\(stage.next.map(String.init).joined(separator: " "))\"" }
        for extra in stage.attributes { text += " \(extra.key)=\"\(escaped(extra.value))\"" }
        text += "/>\n"
      }
      for parameter in program.parameters {
        text += "    <param key=\"\(escaped(parameter.key))\" value=\"\(escaped(parameter.value))\"/>\n"
      }
      text += "  </tlLogic>\n"
    }
    return text + "</additional>\n"
  }

  private static func seconds(_ t: TimeAmount) -> String {
    let ms = t.milliseconds
    guard ms % 1000 != 0 else { return "\(ms / 1000)" }
    let fraction = String(String(abs(ms % 1000) + 1000).dropFirst())
    return (ms < 0 ? "-" : "") + "\(abs(ms) / 1000)." + fraction
  }

  private static func escaped(_ text: String) -> String {
    var out = ""
    for c in text {
      switch c {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      default: out.append(c)
      }
    }
    return out
  }
}
