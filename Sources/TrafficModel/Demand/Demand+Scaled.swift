extension Demand {
  /// The departures thinned or multiplied so that each route carries what another count of the same streams says.
  ///
  /// Vehicles are dropped or doubled evenly along each stream, so that a slightly larger flow shares nearly all departures with a
  /// slightly smaller one: two demands differ by their flows, not by chance. A doubled vehicle leaves between its original and the
  /// next of its stream.
  ///
  /// - Parameters:
  ///   - target: what is wanted; its streams and slices are those of `source`.
  ///   - source: what this demand amounts to now. Departures on paths it does not know stay as they are.
  public func scaled(to target: RoutedDemand, from source: RoutedDemand) -> Demand {
    precondition(target.streams.count == source.streams.count && target.boundaries == source.boundaries, "demands of different streams")
    let slices = source.boundaries.count - 1
    var number: [[LinkID]: Int] = [:]
    for (s, stream) in source.streams.enumerated() { number[stream.path] = s }
    let factor: [[Double]] = zip(source.streams, target.streams).map { old, new in
      (0..<slices).map { old.vehicles[$0] > 0 ? new.vehicles[$0] / old.vehicles[$0] : 1 }
    }
    func stream(_ path: Departure.Path) -> [(stream: Int?, share: Double)] {
      switch path {
      case .route(.fixed(let id)): return [(number[routes[id.index].links], 1)]
      case .route(.distribution(let d)):
        let choice = routeDistributions[d]
        let total = choice.weights.reduce(0, +)
        return zip(choice.values, choice.weights).map { (number[routes[$0.index].links], total > 0 ? $1 / total : 0) }
      case .trip: return [(nil, 1)]
      }
    }
    func slice(of time: Instant) -> Int? {
      guard time >= source.boundaries[0], time < source.boundaries[slices] else { return nil }
      return (source.boundaries.firstIndex { $0 > time } ?? slices) - 1
    }
    func mean(_ parts: [(stream: Int?, share: Double)], _ k: Int) -> Double {
      parts.reduce(0) { $0 + ($1.stream.map { factor[$0][k] } ?? 1) * $1.share }
    }
    var result = self
    result.departures.removeAll(keepingCapacity: true)
    // Where each stream's count of vehicles stands between two whole ones; apart, so that streams do not lose vehicles in step.
    var carried = source.streams.indices.map { (Double($0 + 1) * 0.618_033_988_749_895).truncatingRemainder(dividingBy: 1) }
    var next = [Instant?](repeating: nil, count: departures.count)
    var last: [Int: Int] = [:]
    let parts = departures.map { stream($0.path) }
    for k in departures.indices {
      guard let s = parts[k].first?.stream else { continue }
      if let before = last[s] { next[before] = departures[k].time }
      last[s] = k
    }
    for (k, departure) in departures.enumerated() {
      guard let slice = slice(of: departure.time), let s = parts[k].first?.stream else {
        result.departures.append(departure)
        continue
      }
      carried[s] += mean(parts[k], slice)
      let copies = Int(carried[s])
      carried[s] -= Double(copies)
      let gap = min(60, next[k].map { ($0 - departure.time).seconds } ?? 10) / Double(max(1, copies))
      for c in 0..<copies {
        var copy = departure
        copy.time = departure.time + .seconds((gap * Double(c)).rounded())
        if c > 0 { copy.id = result.vehicleNames.intern("\(vehicleNames[departure.id])+\(c)") }
        result.departures.append(copy)
      }
    }
    let order = result.departures.indices.sorted { (result.departures[$0].time, $0) < (result.departures[$1].time, $1) }
    result.departures = order.map { result.departures[$0] }
    result.flows = flows.flatMap { flow in
      let parts = stream(flow.path)
      let begin = source.boundaries[0], end = source.boundaries[slices]
      let until = flow.end ?? end
      guard parts.contains(where: { $0.stream != nil }), until > begin, flow.begin < end else { return [flow] }
      return (0..<slices).compactMap { k -> DepartureFlow? in
        // The first and last slice take in what lies outside.
        let from = k == 0 ? flow.begin : max(flow.begin, source.boundaries[k])
        let to = k == slices - 1 ? until : min(until, source.boundaries[k + 1])
        let f = mean(parts, k)
        guard to > from, f > 1e-9 else { return nil }
        return flow.part(from: from, to: to, of: until - flow.begin, times: f, name: slices > 1 ? "\(flow.name)/\(k)" : flow.name)
      }
    }
    return result
  }
}

extension DepartureFlow {
  /// The stretch of the flow between two times, at so many times its rate.
  fileprivate func part(from: Instant, to: Instant, of whole: TimeAmount, times f: Double, name: String) -> DepartureFlow {
    var part = self
    part.name = name
    part.begin = from
    part.end = to
    let share = whole > .zero ? (to - from).seconds / whole.seconds : 1
    switch rate {
    case .period(let p): part.rate = .period(p / f)
    case .poisson(let r): part.rate = .poisson(r * f)
    case .probability(let p): part.rate = p * f <= 1 ? .probability(p * f) : .period(1 / (p * f))
    case .number(let n): part.rate = .number(Int((Double(n) * share * f).rounded()))
    }
    if let limit { part.limit = Int((Double(limit) * share * f).rounded()) }
    return part
  }
}
