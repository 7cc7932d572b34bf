import ArgumentParser
import Foundation
import Greenwave

/// Flow estimation from loops at part of the links, against the truth of simulation.
struct EstimationBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimation", abstract: "Flows, turning shares and intervals from loops at 30 % of the links, drawn again and again.",
    discussion: """
      The estimator gets the network, its stated prior, and the loops of the drawn links, two on each lane: after its beginning and before its
      end. No demand. Beside it stands the mean of the measured links.
      """)
  @Option(help: "Folder that holds resco/ and bologna-acosta/ (or GREENWAVE_DATA).") var data: String?
  @Option(help: "The sumo binary (or SUMO_BINARY).") var sumo: String?
  @Option(help: "Folder for SUMO's output, used again when it is there.") var work = NSTemporaryDirectory() + "greenwave-estimation"
  @Option(help: "Draws of measured links.") var draws = 30
  @Option(help: "Share of links measured.") var measured = 0.3
  @Option(help: "Seed of the first draw.") var seed = 1
  @Option(help: "Seed of the simulations.") var runSeed = 1
  @Option(help: "Only this map.") var map: [String] = []
  @Option(help: "Settings of the estimator as JSON, to see what they do.") var settings: String?
  @Flag(help: "Truth by the built-in simulator instead of SUMO.") var builtIn = false
  @Flag(help: "Only the flows, without variances.") var quick = false
  @Option(help: "How many links to show, those whose flows are missed most often first.") var links = 0

  static let maps: [(name: String, file: String)] = [
    ("cologne3", "resco/cologne3/cologne3.sumocfg"), ("ingolstadt7", "resco/ingolstadt7/ingolstadt7.sumocfg"),
    ("grid4x4", "resco/grid4x4/grid4x4.sumocfg"), ("bologna-acosta", "bologna-acosta/run.sumocfg"),
  ]

  func run() throws {
    guard let data = data ?? ProcessInfo.processInfo.environment["GREENWAVE_DATA"] else {
      throw ValidationError("--data or GREENWAVE_DATA must name the folder with the maps")
    }
    let sumo = sumo ?? ProcessInfo.processInfo.environment["SUMO_BINARY"] ?? "sumo"
    try CommandSupport.exitOnProblems {
      var estimatorSettings = FlowEstimationSettings()
      if let settings {
        estimatorSettings = try JSONDecoder().decode(FlowEstimationSettings.self, from: Data(contentsOf: URL(fileURLWithPath: settings)))
      }
      var table = ReportTable(
        columns: [.init("map", .left)]
          + [
            "GEH<5 mean", "worst", "trivial", "worst", "hour", "misses/trivial", "10 % faulty", "worst", "share error", "coverage",
            "interval score", "queue error", "ms",
          ].map {
            ReportTable.Column($0)
          })
      for (name, file) in Self.maps where map.isEmpty || map.contains(name) {
        let path = data + "/" + file
        let truth =
          builtIn
          ? try MeasuredMap.builtIn(name, configuration: path, seed: runSeed)
          : try MeasuredMap.sumo(name, configuration: path, sumo: sumo, folder: work, seed: runSeed)
        table.append(try judge(truth, estimatorSettings))
      }
      print(table.text())
    }
  }

  private func percent(_ value: Double) -> String { value.isFinite ? NumberText.fixed(100 * value, 1) : "–" }

  private func judge(_ map: MeasuredMap, _ settings: FlowEstimationSettings) throws -> [String] {
    let all = map.evidence()
    let truth = map.truth(all)
    let n = map.flowNetwork.linkCount
    let estimator = FlowEstimator(map.flowNetwork, settings: settings)
    var own: [Double] = [], trivial: [Double] = [], hourly: [Double] = [], faulty: [Double] = []
    var shareErrors: [Double] = [], covered = 0.0, intervals = 0.0, score = 0.0
    var milliseconds = 0.0
    var byLink = [(cells: Double, misses: Double, estimate: Double, truth: Double)](repeating: (0, 0, 0, 0), count: n)
    for draw in 0..<draws {
      var random = RandomStream(seed: UInt64(seed + draw), stream: 77)
      let rows = Set(random.permutation(n).prefix(Int((Double(n) * measured).rounded())))
      let evidence = all.restricted(to: rows)
      let start = ContinuousClock().now
      let estimates = estimate(estimator, estimator.screened(evidence).evidence, withVariance: !quick)
      milliseconds += (ContinuousClock().now - start).seconds * 1000
      let unmeasured = (0..<n).filter { !rows.contains($0) }
      var hits = 0.0, baseHits = 0.0, cells = 0.0, hourHits = 0.0, hours = 0.0
      for k in 0..<map.intervals {
        let mean = rows.reduce(0) { $0 + truth[k][$1] } / Double(rows.count)
        for i in unmeasured {
          let x = truth[k][i]
          guard x >= 50 else { continue }
          cells += 1
          if geh(estimates[k].link[i], x) < 5 { hits += 1 } else { byLink[i].misses += 1 }
          byLink[i].cells += 1
          byLink[i].estimate += estimates[k].link[i]
          byLink[i].truth += x
          if geh(mean, x) < 5 { baseHits += 1 }
          if !quick {
            let (low, high) = estimates[k].interval(of: i, seconds: map.interval.seconds)
            intervals += 1
            if x >= low, x <= high { covered += 1 }
            score += high - low + (x < low ? 40 * (low - x) : 0) + (x > high ? 40 * (x - high) : 0)
          }
        }
      }
      for i in unmeasured {
        let x = truth.reduce(0) { $0 + $1[i] } / Double(map.intervals)
        guard x >= 50 else { continue }
        hours += 1
        if geh(estimates.reduce(0) { $0 + $1.link[i] } / Double(map.intervals), x) < 5 { hourHits += 1 }
      }
      own.append(hits / cells)
      if !quick {
        let broken = estimate(estimator, estimator.screened(Self.faulty(evidence, seed: UInt64(seed + draw))).evidence, withVariance: false)
        var kept = 0.0
        for k in 0..<map.intervals { for i in unmeasured where truth[k][i] >= 50 && geh(broken[k].link[i], truth[k][i]) < 5 { kept += 1 } }
        faulty.append(kept / cells)
      }
      trivial.append(baseHits / cells)
      hourly.append(hourHits / hours)
      if !map.movements.isEmpty {
        var error = 0.0, count = 0.0
        let net = map.flowNetwork
        let made = (0..<net.movementCount).map { m in map.movements.reduce(0) { $0 + $1[m] } }
        let flow = (0..<net.movementCount).map { m in estimates.reduce(0) { $0 + $1.movement[m] } }
        for i in 0..<n where net.outgoing[i].count > 1 {
          let total = net.outgoing[i].reduce(0) { $0 + made[Int($1)] }, estimated = net.outgoing[i].reduce(0) { $0 + flow[Int($1)] }
          guard total >= 50 else { continue }
          for m in net.outgoing[i] {
            error += abs(made[Int(m)] / total - (estimated > 0 ? flow[Int(m)] / estimated : 0))
            count += 1
          }
        }
        shareErrors.append(error / max(1, count))
      }
    }
    func mean(_ v: [Double]) -> Double { v.isEmpty ? .nan : v.reduce(0, +) / Double(v.count) }
    for i in byLink.indices.sorted(by: { (-byLink[$0].misses, $0) < (-byLink[$1].misses, $1) }).prefix(links) {
      let b = byLink[i]
      print(
        map.flowNetwork.linkName[i], "missed", percent(b.misses / max(b.cells, 1)) + " %", "estimate",
        NumberText.fixed(b.estimate / max(b.cells, 1), 0), "truth", NumberText.fixed(b.truth / max(b.cells, 1), 0), "veh/h")
    }
    let misses = (1 - mean(own)) / max(1e-9, 1 - mean(trivial))
    return [
      map.name, percent(mean(own)), percent(own.min() ?? .nan), percent(mean(trivial)), percent(trivial.min() ?? .nan),
      percent(mean(hourly)),
      NumberText.fixed(misses, 2), percent(mean(faulty)), percent(faulty.min() ?? .nan),
      shareErrors.isEmpty ? "–" : NumberText.fixed(mean(shareErrors), 3),
      percent(covered / max(1, intervals)), intervals > 0 ? NumberText.fixed(score / intervals, 0) : "–",
      map.queues.isEmpty || quick ? "–" : NumberText.fixed(queueError(map), 2), NumberText.fixed(milliseconds / Double(draws), 0),
    ]
  }

  private func estimate(_ estimator: FlowEstimator, _ evidence: LoopEvidence, withVariance: Bool) -> [FlowEstimate] {
    var structure = estimator.structure(evidence, withVariance: false)
    if withVariance { structure.inflation = estimator.inflation(evidence) }
    return (0..<evidence.intervals).map { estimator.interval($0, of: evidence, around: structure, withVariance: withVariance) }
  }

  /// The evidence with a tenth of its loops faulty all along, by turns: silent, missing half of the vehicles, counting one and a half times.
  static func faulty(_ evidence: LoopEvidence, seed: UInt64) -> LoopEvidence {
    var copy = evidence
    var random = RandomStream(seed: seed, stream: 99)
    var loops: [(Int, Int32)] = []
    for (s, site) in evidence.sites.enumerated() { for lane in Set(site.groups.map(\.lane)).sorted() { loops.append((s, lane)) } }
    for (n, pick) in random.permutation(loops.count).prefix((loops.count + 5) / 10).enumerated() {
      let (s, lane) = loops[pick]
      let gain = [0.0, 0.5, 1.5][n % 3]
      for g in copy.sites[s].groups.indices where copy.sites[s].groups[g].lane == lane {
        for k in 0..<copy.intervals {
          let change = copy.sites[s].groups[g].counts[k] * (gain - 1)
          copy.sites[s].groups[g].counts[k] += change
          copy.sites[s].totals[k] += change
        }
      }
    }
    return copy
  }

  /// Mean absolute error of queues at the end of red [veh], every lane whose link has loops at both ends or, where traffic begins, at its end.
  private func queueError(_ map: MeasuredMap) -> Double {
    let net = map.flowNetwork
    var estimators = (0..<net.linkCount).map { i in
      LinkQueueEstimator(
        length: net.length[i], speed: net.speed[i], lanes: map.network[net.link[i]].lanes.count, hasBeginning: !net.isEntry[i])
    }
    enum Happening {
      case enter(Int)
      case stopLine(Int, Int, Bool)
      case signal(Int, Int, Bool)
      case ask(Int, Int, Double)
    }
    var all: [(Int64, Int, Happening)] = []
    for event in map.events {
      guard case .point(let lane, _) = map.detectors[event.detector.index].kind else { continue }
      let i = Int(net.row[map.network[lane].link.index])
      guard i >= 0 else { continue }
      let t = event.time.milliseconds
      if map.detectors[event.detector.index].role == .entry {
        if event.change == .off { all.append((t, 0, .enter(i))) }
      } else {
        all.append((t, 0, .stopLine(i, map.network[lane].position, event.change == .on)))
      }
    }
    for i in 0..<net.linkCount {
      for (l, lane) in map.network[net.link[i]].lanes.enumerated() {
        let links = map.network.connectionsFrom[lane.index].compactMap { map.network[$0].signal }
        guard let first = links.first else { continue }
        let history = map.signals[first.signal.index]
        for (t, state) in zip(history.time, history.state) {
          let green = links.contains {
            $0.signal == first.signal && state.indications.indices.contains($0.index) && state.indications[$0.index].isGreen
          }
          all.append((t, 2, .signal(i, l, green)))
        }
      }
    }
    for (lane, t, vehicles) in map.queues {
      let i = Int(net.row[map.network[lane].link.index])
      if i >= 0 { all.append((t, 1, .ask(i, map.network[lane].position, vehicles))) }
    }
    all.sort { ($0.0, $0.1) < ($1.0, $1.1) }
    var error = 0.0, count = 0.0
    for (t, _, happening) in all {
      switch happening {
      case .enter(let i): estimators[i].enter(at: t)
      case .stopLine(let i, let l, let on): estimators[i].stopLine(l, isOccupied: on, at: t)
      case .signal(let i, let l, let green): estimators[i].signal(l, isGreen: green, at: t)
      case .ask(let i, let l, let vehicles):
        let q = estimators[i].queues(at: t)
        if q.indices.contains(l) {
          error += abs(q[l].queue - vehicles)
          count += 1
        }
      }
    }
    return error / max(1, count)
  }
}

/// The GEH statistic of two hourly flows.
func geh(_ a: Double, _ b: Double) -> Double { a + b > 0 ? (2 * (a - b) * (a - b) / (a + b)).squareRoot() : 0 }
