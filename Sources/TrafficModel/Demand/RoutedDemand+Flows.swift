import Foundation

extension RoutedDemand {
  /// The same routes with other numbers of vehicles, so that links and movements carry the flows of a table: measured flows on known
  /// routes.
  ///
  /// Each row in turn multiplies the streams it counts by what is missing (iterated proportional fitting); among all ways to meet the
  /// table this keeps closest to the routes' old proportions. A table with variances is not met row by row but as a whole, each row as
  /// far as it is sure (simultaneous multiplicative reconstruction: C. Byrne, Inverse Problems 20, 2004), since estimates of
  /// different links contradict each other. Rows no route passes are returned: nothing can be fitted to them.
  ///
  /// A table as fine as this demand's slices is met slice by slice; otherwise the slices keep their proportions.
  ///
  /// - Parameters:
  ///   - table: rows are averaged over the intervals that touch this demand's time.
  ///   - rounds: passes over the table.
  /// Throws for names the network does not have.
  public func fitted(
    to table: FlowTable, on network: RoadNetwork, file: String = "flows", rounds: Int = 50
  ) throws(InputProblems) -> (demand: RoutedDemand, unmatched: [FlowTable.Subject]) {
    let goals = try FlowGoals(table, demand: self, network: network, file: file)
    var scaled = self
    let slices = boundaries.count - 1
    let sliceLength = (boundaries[slices] - boundaries[0]).seconds / Double(slices)
    let whole = factors(
      goals.targets(from: boundaries[0], to: boundaries[slices]), vehicles: streams.map { $0.vehicles.reduce(0, +) }, rounds)
    guard slices > 1, goals.longestInterval <= 1.01 * sliceLength else {
      scaled.scale(by: whole)
      return (scaled, goals.unmatched)
    }
    for k in 0..<slices {
      let targets = goals.targets(from: boundaries[k], to: boundaries[k + 1])
      // A slice nobody measured takes part in what the others say.
      let factor = targets.isEmpty ? whole : factors(targets, vehicles: streams.map { $0.vehicles[k] }, rounds)
      scaled.scale(slice: k, by: factor)
    }
    return (scaled, goals.unmatched)
  }

  /// What to multiply each stream by.
  private func factors(_ targets: [FlowGoals.Target], vehicles: [Double], _ rounds: Int) -> [Double] {
    var factor = [Double](repeating: 1, count: streams.count)
    func now(_ target: FlowGoals.Target) -> Double { target.streams.reduce(0) { $0 + vehicles[$1] * factor[$1] } }
    guard targets.contains(where: { $0.weight != nil }) else {
      for _ in 0..<rounds {
        var worst = 0.0
        for target in targets {
          let have = now(target)
          guard have > 0 else { continue }
          let ratio = target.vehicles / have
          worst = max(worst, abs(ratio - 1))
          for s in target.streams { factor[s] *= ratio }
        }
        if worst < 1e-6 { break }
      }
      return factor
    }
    var weight = [Double](repeating: 0, count: streams.count)
    for target in targets { for s in target.streams { weight[s] += target.weight ?? 1 } }
    var step = factor
    for _ in 0..<(4 * rounds) {
      for s in step.indices { step[s] = 0 }
      for target in targets {
        let have = now(target)
        guard have > 0 else { continue }
        // A row of nothing calls its streams off within a few rounds.
        let missing = log(min(1e3, max(1e-3, target.vehicles / have))) * (target.weight ?? 1)
        for s in target.streams { step[s] += missing / weight[s] }
      }
      var worst = 0.0
      for s in step.indices {
        factor[s] = min(1e6, max(1e-6, factor[s] * exp(step[s])))
        worst = max(worst, abs(step[s]))
      }
      if worst < 1e-6 { break }
    }
    return factor
  }
}

/// A flow table held against the streams of a demand.
private struct FlowGoals {
  /// What the streams a row counts are to sum to.
  struct Target {
    var streams: [Int]
    /// [veh]
    var vehicles: Double
    /// How much the row counts beside others, its flow over its variance in vehicles; nil where the table has no variances.
    var weight: Double?
  }

  let unmatched: [FlowTable.Subject]
  /// [s]
  let longestInterval: Double
  private let rows: [FlowTable.Row]
  private let variance: [Double?]
  private let members: [FlowTable.Subject: [Int]]
  private let order: [FlowTable.Subject]

  init(_ table: FlowTable, demand: RoutedDemand, network: RoadNetwork, file: String) throws(InputProblems) {
    var problems: [InputProblem] = []
    let (begin, end) = (demand.boundaries[0], demand.boundaries[demand.boundaries.count - 1])
    var known: [Double?] = table.rows.map { _ in nil }
    for entry in table.covariance {
      guard table.rows.indices.contains(entry.first), table.rows.indices.contains(entry.second), entry.value.isFinite else {
        problems.append(
          InputProblem(
            file: file, element: "covariance", expected: "rows from 0 to \(table.rows.count - 1) and a finite value",
            found: "\(entry.first), \(entry.second): \(entry.value)"))
        continue
      }
      if entry.first == entry.second { known[entry.first] = entry.value }
    }
    var kept: [FlowTable.Row] = []
    var variance: [Double?] = []
    var order: [FlowTable.Subject] = []
    var seen: Set<FlowTable.Subject> = []
    for (k, row) in table.rows.enumerated() where row.end > begin && row.begin < end {
      let names: [String]
      switch row.subject {
      case .link(let name): names = [name]
      case .movement(let from, let to): names = [from, to]
      }
      for name in names where network.linkNames[name] == nil {
        problems.append(
          InputProblem(file: file, element: "row \(k + 1)", expected: "a link of the network", found: name))
      }
      guard row.mean.isFinite, row.mean >= 0, row.end > row.begin else {
        problems.append(
          InputProblem(
            file: file, element: "row \(k + 1)", expected: "a flow from 0 over an interval of positive length", found: "\(row.mean) veh/h"))
        continue
      }
      if seen.insert(row.subject).inserted { order.append(row.subject) }
      kept.append(row)
      variance.append(known[k])
    }
    if order.isEmpty && problems.isEmpty {
      problems.append(
        InputProblem(
          file: file, element: "rows", expected: "flows between \(begin.seconds) and \(end.seconds) s", found: "none",
          advice: "the table's clock must be the scenario's"))
    }
    guard problems.isEmpty else { throw InputProblems(problems) }
    rows = kept
    self.variance = variance
    self.order = order
    longestInterval = kept.reduce(0) { max($0, ($1.end - $1.begin).seconds) }

    // Streams by the links and movements they pass: one walk over all paths.
    let movements = network.movementIndex()
    var ofLink: [LinkID: [Int]] = [:]
    var ofMovement: [LinkPair: [Int]] = [:]
    for (s, stream) in demand.streams.enumerated() {
      for link in stream.path where ofLink[link]?.last != s { ofLink[link, default: []].append(s) }
      for (a, b) in zip(stream.path, stream.path.dropFirst()) where ofMovement[LinkPair(from: a, to: b)]?.last != s {
        ofMovement[LinkPair(from: a, to: b), default: []].append(s)
      }
    }
    var members: [FlowTable.Subject: [Int]] = [:]
    var unmatched: [FlowTable.Subject] = []
    for subject in order {
      var passing: [Int] = []
      switch subject {
      case .link(let name): passing = network.linkNames[name].flatMap { ofLink[$0] } ?? []
      case .movement(let from, let to):
        if let a = network.linkNames[from], let b = network.linkNames[to], movements[LinkPair(from: a, to: b)] != nil {
          passing = ofMovement[LinkPair(from: a, to: b)] ?? []
        }
      }
      if passing.isEmpty { unmatched.append(subject) } else { members[subject] = passing }
    }
    self.members = members
    self.unmatched = unmatched
  }

  /// Rows of each subject averaged over a stretch of time, by what of them lies in it.
  func targets(from begin: Instant, to end: Instant) -> [Target] {
    struct Sum {
      var flow = 0.0
      var time = 0.0
      var variance = 0.0
      var isSure = true
    }
    var sums: [FlowTable.Subject: Sum] = [:]
    for (row, variance) in zip(rows, variance) where members[row.subject] != nil {
      let overlap = (min(row.end, end) - max(row.begin, begin)).seconds
      guard overlap > 0 else { continue }
      var sum = sums[row.subject] ?? Sum()
      sum.flow += row.mean / 3600 * overlap
      sum.time += overlap
      if let variance { sum.variance += variance / (3600 * 3600) * overlap * overlap } else { sum.isSure = false }
      sums[row.subject] = sum
    }
    let length = (end - begin).seconds
    return order.compactMap { subject in
      guard let sum = sums[subject], let streams = members[subject] else { return nil }
      let stretch = length / sum.time
      let vehicles = sum.flow * stretch
      // A count is never surer than a vehicle.
      let weight = sum.isSure ? max(vehicles, 1) / max(1, sum.variance * stretch * stretch) : nil
      return Target(streams: streams, vehicles: vehicles, weight: weight)
    }
  }
}
