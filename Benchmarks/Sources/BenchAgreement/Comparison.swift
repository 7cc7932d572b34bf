import Foundation

/// How far two sets of runs of one scenario lie apart.
struct Comparison {
  var duration: Double
  var loss: Double
  var linkLoss: Double
  var flowsWithinGEH: Double
  var correlation: Double
  var unfinished: Double
  var meanUnfinished: Double

  init(_ a: [Outcome], _ b: [Outcome], hours: Double) {
    func mean(_ runs: [Outcome], _ value: (Outcome) -> Double) -> Double { runs.reduce(0) { $0 + value($1) } / Double(runs.count) }
    let da = mean(a, \.meanDuration), la = mean(a, \.meanLoss)
    duration = (mean(b, \.meanDuration) - da) / da
    loss = (mean(b, \.meanLoss) - la) / la
    meanUnfinished = mean(a) { Double($0.unfinished) }
    unfinished = mean(b) { Double($0.unfinished) } - meanUnfinished

    func links(_ runs: [Outcome]) -> [String: Outcome.LinkSum] {
      var sum: [String: Outcome.LinkSum] = [:]
      for run in runs {
        for (name, value) in run.links {
          sum[name, default: .init()].loss += value.loss / Double(runs.count)
          sum[name, default: .init()].served += value.served / Double(runs.count)
        }
      }
      return sum
    }
    let linksA = links(a), linksB = links(b)
    var apart = 0.0
    var whole = 0.0
    for (name, value) in linksA.sorted(by: { $0.key < $1.key }) where value.served / hours >= 50 {
      let other = linksB[name] ?? .init()
      let lossA = value.loss / value.served, lossB = other.loss / max(other.served, 1e-9)
      apart += value.served * abs(lossA - lossB)
      whole += value.served * lossA
    }
    linkLoss = apart / whole

    func flows(_ runs: [Outcome]) -> [String: Double] {
      var sum: [String: Double] = [:]
      for run in runs { for (key, value) in run.flows { sum[key, default: 0] += value / Double(runs.count) } }
      return sum
    }
    let flowsA = flows(a), flowsB = flows(b)
    var within = 0
    var all = 0
    for key in Set(flowsA.keys).union(flowsB.keys) {
      let m = (flowsA[key] ?? 0) * 12, c = (flowsB[key] ?? 0) * 12
      guard m + c > 0 else { continue }
      all += 1
      if (2 * (m - c) * (m - c) / (m + c)).squareRoot() < 5 { within += 1 }
    }
    flowsWithinGEH = Double(within) / Double(max(all, 1))

    func trips(_ runs: [Outcome]) -> [String: Double] {
      var sums: [String: (Double, Int)] = [:]
      for run in runs {
        for (name, trip) in run.arrived {
          let old = sums[name] ?? (0, 0)
          sums[name] = (old.0 + trip.duration, old.1 + 1)
        }
      }
      return sums.mapValues { $0.0 / Double($0.1) }
    }
    let tripsA = trips(a), tripsB = trips(b)
    let names = tripsA.keys.filter { tripsB[$0] != nil }.sorted()
    let x = names.map { tripsA[$0] ?? 0 }, y = names.map { tripsB[$0] ?? 0 }
    let mx = x.reduce(0, +) / Double(x.count), my = y.reduce(0, +) / Double(y.count)
    var sxy = 0.0
    var sxx = 0.0
    var syy = 0.0
    for (p, q) in zip(x, y) {
      sxy += (p - mx) * (q - my)
      sxx += (p - mx) * (p - mx)
      syy += (q - my) * (q - my)
    }
    correlation = sxy / (sxx * syy).squareRoot()
  }
}
