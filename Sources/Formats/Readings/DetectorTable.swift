import TrafficModel

/// Reads tables `DeviceId,Phase,Function,Parameter[,Distance][,Speed][,Movement][,Latency]`, distances in metres, speeds in km/h.
public enum DetectorTable {
  /// Rows that could be read, and what was wrong with the others; throws where the file has no usable header.
  public static func read(path: String) throws -> (configuration: DetectorConfiguration, problems: [InputProblem]) {
    try read(DelimitedText(path: path))
  }

  public static func read(text: String, file: String) throws -> (configuration: DetectorConfiguration, problems: [InputProblem]) {
    try read(DelimitedText(text: text, file: file))
  }

  private static func read(_ table: DelimitedText) throws -> (configuration: DetectorConfiguration, problems: [InputProblem]) {
    let device = try table.required("deviceid", "signalid", "device")
    let phase = try table.required("phase")
    let function = try table.required("function", "role")
    let channel = try table.required("parameter", "detector", "channel")
    let distance = table.column("distance", "distancem"), speed = table.column("speed", "speedkmh")
    let movement = table.column("movement"), latency = table.column("latency", "latencys")
    var rows: [DetectorConfiguration.Row] = []
    var problems: [InputProblem] = []
    for (line, fields) in table.records {
      func field(_ k: Int?) -> String? { k.flatMap { fields.indices.contains($0) && !fields[$0].isEmpty ? fields[$0] : nil } }
      guard let d = field(device), let p = field(phase).flatMap({ Int($0) }), let f = field(function),
        let c = field(channel).flatMap({ Int($0) }), (1...255).contains(p), (0...65535).contains(c)
      else {
        problems.append(
          InputProblem(
            file: table.file, line: line, expected: "device, phase 1 to 255, function and channel", found: fields.joined(separator: ",")))
        continue
      }
      let known = DetectorConfiguration.Function(name: f)
      if known == nil {
        problems.append(
          InputProblem(
            file: table.file, line: line, element: "channel \(c)", expected: "a function: Advance, Stopbar Count, Presence, Yellow_Red",
            found: f, advice: "no measure will read this channel"))
      }
      rows.append(
        .init(
          device: d, phase: p, function: known ?? .other, channel: c, distance: field(distance).flatMap { Double($0) },
          speed: field(speed).flatMap { Double($0) }.map { $0 / 3.6 }, movement: field(movement),
          latency: field(latency).flatMap { Double($0) } ?? 0))
    }
    if rows.isEmpty { throw InputProblems(problems + [InputProblem(file: table.file, expected: "at least one detector", found: "none")]) }
    return (DetectorConfiguration(rows: rows), problems)
  }
}

extension DetectorConfiguration.Function {
  /// Takes the names as tables spell them: case, blanks and underscores do not matter.
  init?(name: String) {
    switch name.lowercased().filter(\.isLetter) {
    case "advance", "advancecount": self = .advance
    case "stopbarcount", "count", "lanebylanecount": self = .stopBarCount
    case "presence", "stopbarpresence": self = .presence
    case "yellowred", "redmonitor": self = .yellowRed
    case "other": self = .other
    default: return nil
    }
  }
}
