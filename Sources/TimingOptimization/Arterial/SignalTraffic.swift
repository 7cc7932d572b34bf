import TrafficModel

/// How the demand's routes go from signal to signal.
struct SignalTraffic {
  struct Pair {
    var flow = 0.0
    var stretch: ArterialStreet.Stretch
    /// Flow by link index at the first and at the second signal.
    var leaving: [Int: Double] = [:]
    var arriving: [Int: Double] = [:]
  }
  struct Triple: Hashable {
    var from, at, to: Int
  }
  struct Ends: Hashable {
    var from, to: Int
  }

  private(set) var pairs: [Ends: Pair] = [:]
  /// Flow by link index at the middle signal.
  private var through: [Triple: [Int: Double]] = [:]
  private let count: Int

  init(_ problem: TimingProblem) {
    count = problem.models.count
    let network = problem.network
    let index = network.movementIndex()
    var position: [SignalID: Int] = [:]
    for (k, model) in problem.models.enumerated() { position[model.signal] = k }
    // The signal and link index that rule a movement of general traffic.
    var ruled = [(signal: Int, row: Int, lanes: Int)?](repeating: nil, count: network.movements.count)
    for movement in network.movements {
      for id in movement.connections {
        guard let link = network[id].signal, let k = position[link.signal],
          network[network[id].fromLane].permissions.admits(.passenger)
        else { continue }
        ruled[movement.id.index] = (k, ruled[movement.id.index]?.row ?? link.index, (ruled[movement.id.index]?.lanes ?? 0) + 1)
      }
    }
    for stream in problem.demand.streams {
      let flow = stream.vehicles.reduce(0, +) / problem.demand.duration * 3600
      guard flow > 0 else { continue }
      var passed: [(signal: Int, row: Int)] = []
      var (links, length, time): ([LinkID], Double, Double) = ([], 0, 0)
      for (a, b) in zip(stream.path, stream.path.dropFirst()) {
        if !passed.isEmpty {
          links.append(a)
          length += network.length(a)
          time += network.length(a) / max(1, network[a].lanes.reduce(0) { max($0, network[$1].speedLimit) })
        }
        guard let movement = index[LinkPair(from: a, to: b)], let here = ruled[movement.index] else { continue }
        if let last = passed.last {
          // One controller over several junctions is one signal: the way goes on.
          if last.signal == here.signal { continue }
          let ends = Ends(from: last.signal, to: here.signal)
          let saturation = 1800 * Double(here.lanes)
          var pair =
            pairs[ends]
            ?? Pair(
              stretch: .init(links: links, length: length, speed: length / max(time, 0.1), flow: 0, saturationFlow: saturation))
          if length < pair.stretch.length {
            pair.stretch.links = links
            pair.stretch.length = length
            pair.stretch.speed = length / max(time, 0.1)
          }
          pair.stretch.saturationFlow = max(pair.stretch.saturationFlow, saturation)
          pair.flow += flow
          pair.stretch.flow += flow
          pair.leaving[last.row, default: 0] += flow
          pair.arriving[here.row, default: 0] += flow
          pairs[ends] = pair
          if passed.count > 1 {
            let triple = Triple(from: passed[passed.count - 2].signal, at: last.signal, to: here.signal)
            through[triple, default: [:]][last.row, default: 0] += flow
          }
        }
        passed.append((here.signal, here.row))
        (links, length, time) = ([], 0, 0)
      }
    }
  }

  func pair(_ a: Int, _ b: Int) -> Pair? { pairs[Ends(from: a, to: b)] }

  private func bothWays(_ a: Int, _ b: Int) -> Double { (pair(a, b)?.flow ?? 0) + (pair(b, a)?.flow ?? 0) }

  private func through(_ a: Int, _ b: Int, _ c: Int) -> Double {
    let there = through[Triple(from: a, at: b, to: c)]?.values.reduce(0, +) ?? 0
    let back = through[Triple(from: c, at: b, to: a)]?.values.reduce(0, +) ?? 0
    return there + back
  }

  /// The link index that most of the traffic from one neighbour to the other uses at a signal; where a neighbour is missing, of all
  /// the traffic from or to the one that is there. Nil where there is none.
  func row(at signal: Int, from before: Int?, to after: Int?) -> Int? {
    func heaviest(_ rows: [Int: Double]?) -> Int? {
      rows?.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.first?.key
    }
    if let before, let after, let row = heaviest(through[Triple(from: before, at: signal, to: after)]) { return row }
    if let before, let row = heaviest(pair(before, signal)?.arriving) { return row }
    if let after, let row = heaviest(pair(signal, after)?.leaving) { return row }
    return nil
  }

  func heaviestCorridor(leastThrough: Double) -> [Int]? {
    var best: (flow: Double, a: Int, b: Int)?
    for a in 0..<count {
      for b in (a + 1)..<max(a + 1, count) {
        let flow = bothWays(a, b)
        if flow > (best?.flow ?? 0) { best = (flow, a, b) }
      }
    }
    guard let best else { return nil }
    var street = [best.a, best.b]
    func next(_ a: Int, _ b: Int) -> Int? {
      var found: (flow: Double, signal: Int)?
      for c in 0..<count where !street.contains(c) && (pair(b, c) != nil || pair(c, b) != nil) {
        let flow = through(a, b, c)
        if flow > (found?.flow ?? 0) { found = (flow, c) }
      }
      return found.flatMap { $0.flow >= leastThrough * bothWays(a, b) ? $0.signal : nil }
    }
    while let c = next(street[street.count - 2], street[street.count - 1]) { street.append(c) }
    while let c = next(street[1], street[0]) { street.insert(c, at: 0) }
    // Outbound is the direction in which every stretch has traffic, the heavier one where both have.
    func flow(_ street: [Int]) -> Double? {
      var sum = 0.0
      for (a, b) in zip(street, street.dropFirst()) {
        guard let pair = pair(a, b) else { return nil }
        sum += pair.flow
      }
      return sum
    }
    let reversed: [Int] = street.reversed()
    switch (flow(street), flow(reversed)) {
    case (let there?, let back?): return there >= back ? street : reversed
    case (_?, nil): return street
    case (nil, _?): return reversed
    case (nil, nil):
      // One-way streets that meet head on: only the first pair is sure.
      return pair(best.a, best.b) != nil ? [best.a, best.b] : [best.b, best.a]
    }
  }
}
