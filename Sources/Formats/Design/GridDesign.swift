import TrafficModel

/// Streets that cross at equal distances, a signal at every crossing, a dead end around.
public struct GridDesign: Sendable {
  public var columns = 4
  public var rows = 4
  /// Between crossings [m].
  public var spacing = 200.0
  public var lanes = 2
  /// [m/s]
  public var speed = 13.89
  public var timing = StreetDesign.Timing()
  /// Vehicles that enter on each road from outside [veh/h].
  public var volume = 400.0
  /// Part of them that goes straight through to the other side; the rest goes to the exits left and right.
  public var throughShare = 0.6

  public init() {}

  public func design() -> StreetDesign {
    var design = StreetDesign()
    var crossing: [[Int]] = []
    for x in 0..<columns {
      crossing.append(
        (0..<rows).map { y in
          design.add(
            .init(name: "c\(x)r\(y)", position: Point(Double(x + 1) * spacing, Double(y + 1) * spacing), kind: .signalized, timing: timing))
        })
    }
    for y in 0..<rows {
      let west = design.add(.init(name: "w\(y)", position: Point(0, Double(y + 1) * spacing), kind: .deadEnd))
      let east = design.add(.init(name: "e\(y)", position: Point(Double(columns + 1) * spacing, Double(y + 1) * spacing), kind: .deadEnd))
      let line = [west] + (0..<columns).map { crossing[$0][y] } + [east]
      for (a, b) in zip(line, line.dropFirst()) { design.addBothWays(from: a, to: b, lanes: lanes, speed: speed, priority: 2) }
    }
    for x in 0..<columns {
      let south = design.add(.init(name: "s\(x)", position: Point(Double(x + 1) * spacing, 0), kind: .deadEnd))
      let north = design.add(.init(name: "n\(x)", position: Point(Double(x + 1) * spacing, Double(rows + 1) * spacing), kind: .deadEnd))
      let line = [south] + crossing[x] + [north]
      for (a, b) in zip(line, line.dropFirst()) { design.addBothWays(from: a, to: b, lanes: lanes, speed: speed, priority: 1) }
    }
    return design
  }

  public func network() -> RoadNetwork { design().network() }

  /// The grid with its traffic: from every entry straight through, and to the nearest exits of the crossing streets.
  public func scenario(name: String = "Grid", duration: Double = 3600) -> GeneratedScenario {
    var streams: [GeneratedScenario.Stream] = []
    func add(_ entry: String, straight: String, aside: [String]) {
      streams.append(.init(from: entry, to: straight, rate: volume * throughShare))
      for exit in aside { streams.append(.init(from: entry, to: exit, rate: volume * (1 - throughShare) / Double(aside.count))) }
    }
    let top = rows - 1, right = columns - 1
    for y in 0..<rows {
      let x = y * columns / rows
      let aside = ["c\(x)r\(top)n\(x)", "c\(x)r0s\(x)"]
      add("w\(y)c0r\(y)", straight: "c\(right)r\(y)e\(y)", aside: aside)
      add("e\(y)c\(right)r\(y)", straight: "c0r\(y)w\(y)", aside: aside)
    }
    for x in 0..<columns {
      let y = x * rows / columns
      let aside = ["c\(right)r\(y)e\(y)", "c0r\(y)w\(y)"]
      add("s\(x)c\(x)r0", straight: "c\(x)r\(top)n\(x)", aside: aside)
      add("n\(x)c\(x)r\(top)", straight: "c\(x)r0s\(x)", aside: aside)
    }
    return GeneratedScenario(name: name, design: design(), streams: streams, duration: duration)
  }
}
