extension RoutedDemand {
  /// The same routes with other numbers of vehicles, so that links and movements carry the flows of a table: measured flows on known
  /// routes.
  ///
  /// Each row in turn multiplies the streams it counts by what is missing (iterated proportional fitting); among all ways to meet the
  /// table this keeps closest to the routes' old proportions. Rows no route passes are returned: nothing can be fitted to them.
  ///
  /// - Parameters:
  ///   - table: rows are averaged over the intervals that touch this demand's time.
  ///   - rounds: passes over the table.
  /// Throws for names the network does not have.
  public func fitted(
    to table: FlowTable, on network: RoadNetwork, file: String = "flows", rounds: Int = 50
  ) throws(InputProblems) -> (demand: RoutedDemand, unmatched: [FlowTable.Subject]) {
    var problems: [InputProblem] = []
    let movements = network.movementIndex()
    // Mean flow of each subject, intervals weighted by length.
    var totals: [FlowTable.Subject: (flow: Double, time: Double)] = [:]
    var order: [FlowTable.Subject] = []
    for (k, row) in table.rows.enumerated() where row.end > boundaries[0] && row.begin < boundaries[boundaries.count - 1] {
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
      let length = (row.end - row.begin).seconds
      if totals[row.subject] == nil { order.append(row.subject) }
      let old = totals[row.subject] ?? (0, 0)
      totals[row.subject] = (old.flow + row.mean / 3600 * length, old.time + length)
    }
    if order.isEmpty && problems.isEmpty {
      problems.append(
        InputProblem(
          file: file, element: "rows", expected: "flows between \(boundaries[0].seconds) and \(boundaries[boundaries.count - 1].seconds) s",
          found: "none"))
    }
    guard problems.isEmpty else { throw InputProblems(problems) }

    // Streams each row counts.
    var members: [[Int]] = []
    var unmatched: [FlowTable.Subject] = []
    var targets: [Double] = []
    for subject in order {
      let passing = streams.indices.filter { s in
        switch subject {
        case .link(let name): return network.linkNames[name].map { streams[s].path.contains($0) } ?? false
        case .movement(let from, let to):
          guard let a = network.linkNames[from], let b = network.linkNames[to], movements[LinkPair(from: a, to: b)] != nil else {
            return false
          }
          return zip(streams[s].path, streams[s].path.dropFirst()).contains { $0.0 == a && $0.1 == b }
        }
      }
      if passing.isEmpty { unmatched.append(subject) }
      members.append(passing)
      targets.append((totals[subject]?.flow ?? 0) / max(1e-9, totals[subject]?.time ?? 1) * duration)
    }
    var factor = [Double](repeating: 1, count: streams.count)
    let vehicles = streams.map { $0.vehicles.reduce(0, +) }
    for _ in 0..<rounds {
      var worst = 0.0
      for (rows, target) in zip(members, targets) where !rows.isEmpty {
        let now = rows.reduce(0) { $0 + vehicles[$1] * factor[$1] }
        guard now > 0 else { continue }
        let ratio = target / now
        worst = max(worst, abs(ratio - 1))
        for s in rows { factor[s] *= ratio }
      }
      if worst < 1e-6 { break }
    }
    var scaled = self
    scaled.scale(by: factor)
    return (scaled, unmatched)
  }
}
