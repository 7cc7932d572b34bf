import ControlLoop
import TrafficModel

/// A grid of signals made up from a few numbers: the street of demonstrations and load tests where no network is at hand.
public struct SyntheticCity: Sendable {
  public var rows: Int
  public var columns: Int
  /// Between neighbouring signals [m].
  public var block = 250.0
  public var zoneOffset = TimeAmount.zero

  public init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  /// Directions from which traffic comes, clockwise; links of each approach: left, then through and right.
  static let directions = ["N", "E", "S", "W"]

  public func topology() -> LiveTopology {
    var signals: [LiveTopology.Signal] = []
    var detectors: [LiveTopology.Detector] = []
    var roads: [LiveTopology.Road] = []
    for row in 0..<rows {
      for column in 0..<columns {
        let index = row * columns + column
        let x = Double(column) * block, y = Double(rows - 1 - row) * block
        let name = "S\(row + 1)-\(column + 1)"
        var approaches: [LiveTopology.Approach] = []
        for (side, direction) in Self.directions.enumerated() {
          let (dx, dy) = Self.outward(side)
          for (lane, kind) in ["left", "through"].enumerated() {
            // Traffic keeps right: its lanes lie to the left of the direction that looks outward.
            let shift = lane == 0 ? 2.0 : 5.2
            let px = -dy * shift, py = dx * shift
            let line = [x + dx * 72 + px, y + dy * 72 + py, x + dx * 12 + px, y + dy * 12 + py]
            approaches.append(
              LiveTopology.Approach(name: "\(name).\(direction).\(kind)", links: [side * 2 + lane], storage: 30, line: line))
            let lane = approaches.count - 1
            detectors.append(
              LiveTopology.Detector(
                name: "\(name).\(direction).\(kind).advance", role: .advance, signal: index, approach: lane, x: line[0], y: line[1]))
            detectors.append(
              LiveTopology.Detector(
                name: "\(name).\(direction).\(kind).stop", role: .stopBar, signal: index, approach: lane, x: line[2], y: line[3]))
          }
        }
        signals.append(
          LiveTopology.Signal(
            name: name, x: x, y: y, constraints: Self.constraints, programs: programs(row: row, column: column),
            timeOfDay: [
              .init(second: 0, program: 0), .init(second: 6 * 3600, program: 1), .init(second: 20 * 3600, program: 0),
            ],
            approaches: approaches))
        if column + 1 < columns {
          roads.append(
            LiveTopology.Road(
              name: "street \(row + 1)", line: [x, y, x + block, y], from: index, to: index + 1, length: block, speed: 50 / 3.6))
        }
        if row + 1 < rows {
          roads.append(
            LiveTopology.Road(
              name: "avenue \(column + 1)", line: [x, y, x, y - block], from: index, to: index + columns, length: block, speed: 50 / 3.6))
        }
      }
    }
    return LiveTopology(name: "grid \(rows)×\(columns)", signals: signals, detectors: detectors, roads: roads, zoneOffset: zoneOffset)
  }

  /// Unit vector from the signal to where the traffic of side `side` comes from.
  static func outward(_ side: Int) -> (Double, Double) { [(0, 1), (1, 0), (0, -1), (-1, 0)][side] }

  static let constraints: TimingConstraints = {
    let limits = TimingConstraints.LinkLimits(
      minimumGreen: .seconds(6), maximumGreen: nil, yellow: .seconds(3), redClearance: .seconds(2), maximumRed: .seconds(180))
    var conflicts = ConflictMatrix(count: 8)
    for i in 0..<8 {
      for j in (i + 1)..<8 {
        let a = i / 2, b = j / 2
        guard a != b else { continue }
        // Opposite approaches meet only where one of them turns left across the other's through traffic.
        let isOpposite = (a + 2) % 4 == b
        if !isOpposite || i % 2 != j % 2 { conflicts[i, j] = .conflict }
      }
    }
    return TimingConstraints(links: [TimingConstraints.LinkLimits](repeating: limits, count: 8), conflicts: conflicts)
  }()

  private func programs(row: Int, column: Int) -> [SignalProgram] {
    func program(_ id: String, greens: [Double]) -> SignalProgram {
      let served: [[Int]] = [[1, 5], [0, 4], [3, 7], [2, 6]]
      var stages: [Stage] = []
      for (links, green) in zip(served, greens) {
        for (indication, duration) in [(Indication.green, green), (.yellow, 3), (.red, 2)] {
          var state = SignalState(repeating: .red, count: 8)
          for link in links { state[link] = indication }
          stages.append(
            Stage(
              state: state, duration: .seconds(duration), minimum: indication == .green ? .seconds(6) : nil,
              maximum: indication == .green ? .seconds(green * 1.8) : nil))
        }
      }
      let cycle = stages.reduce(0) { $0 + $1.duration.seconds }
      let travel = Double(row + column) * block / (50 / 3.6)
      return SignalProgram(id: id, offset: .seconds(travel.truncatingRemainder(dividingBy: cycle).rounded()), stages: stages)
    }
    return [program("night", greens: [14, 6, 14, 6]), program("day", greens: [24, 8, 20, 8])]
  }
}
