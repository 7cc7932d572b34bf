import TrafficModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension StreetBuild {
  /// A fixed-time program for junction `j`: approaches that face each other run together, the more important road first.
  func program(_ j: Int, _ ways: [Way]) -> SignalProgram {
    let timing = design.junctions[j].timing
    let groups = approachGroups(j)
    var greens: [(state: [Indication], share: Double)] = []
    for (k, group) in groups.enumerated() {
      let share = groups.count == 1 ? 1 : k == 0 ? timing.mainShare : (1 - timing.mainShare) / Double(groups.count - 1)
      func hasOwnLane(_ way: Way) -> Bool { !ways.contains { $0.from == way.from && $0.fromLane == way.fromLane && $0.turn != .left } }
      let protected = timing.protectsLefts ? ways.filter { group.contains($0.from) && $0.turn == .left && hasOwnLane($0) } : []
      if !protected.isEmpty {
        var state = [Indication](repeating: .red, count: ways.count)
        for way in protected { state[way.index] = .green }
        greens.append((state, share * 0.3))
      }
      var state = [Indication](repeating: .red, count: ways.count)
      for way in ways where group.contains(way.from) {
        if protected.contains(where: { $0.index == way.index }) { continue }
        // Green that has to let somebody pass who has green too is permissive.
        let opposed = ways.contains { other in
          group.contains(other.from) && other.index != way.index && Self.meet(way, other) && yields(way, to: other)
        }
        state[way.index] = opposed ? .permissiveGreen : .green
      }
      greens.append((state, protected.isEmpty ? share : share * 0.7))
    }
    let change = timing.yellow + timing.redClearance
    let usable = max(0, timing.cycle.seconds - change.seconds * Double(greens.count))
    var stages: [Stage] = []
    var left = TimeAmount(seconds: usable)
    for (k, green) in greens.enumerated() {
      let duration = k == greens.count - 1 ? left : TimeAmount(seconds: (usable * green.share).rounded())
      left = left - duration
      stages.append(
        Stage(state: SignalState(green.state), duration: max(duration, .seconds(5)), minimum: .seconds(5), maximum: .seconds(60)))
      let next = greens[(k + 1) % greens.count].state
      var yellow = green.state, red = green.state
      for i in ways.indices where green.state[i].isGreen {
        let goesOn = next[i] == green.state[i]
        yellow[i] = goesOn ? green.state[i] : .yellow
        red[i] = goesOn ? green.state[i] : .red
      }
      guard greens.count > 1 else { break }
      stages.append(Stage(state: SignalState(yellow), duration: timing.yellow))
      if timing.redClearance > .zero { stages.append(Stage(state: SignalState(red), duration: timing.redClearance)) }
    }
    return SignalProgram(id: "0", offset: timing.offset, stages: stages)
  }

  /// Incoming roads that face each other within 45 degrees, the group with the higher priority first.
  private func approachGroups(_ j: Int) -> [[Int]] {
    var groups: [[Int]] = []
    for road in incoming[j] {
      if let k = groups.firstIndex(where: { abs(angle($0[0], road)) > 2.36 && $0.count < 2 }) {
        groups[k].append(road)
      } else {
        groups.append([road])
      }
    }
    return groups.enumerated().sorted { a, b in
      let first = a.element.map { design.roads[$0].priority }.max() ?? 0, second = b.element.map { design.roads[$0].priority }.max() ?? 0
      return (second, a.offset) < (first, b.offset)
    }.map(\.element)
  }
}
