import LinearAlgebra
import TrafficModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Regression of the logarithm of flow on features and place, from the measured links to all: a Gaussian process whose place effect has a
/// sparse information matrix (I + reach·Laplacian), so that a city costs little more than a town.
struct LinkFlowPrior {
  /// Mean and variance of the logarithm of hourly flow, by row.
  var mean: [Double]
  var variance: [Double]

  /// `rows` are measured, `flows` their hourly flows.
  init(
    _ network: FlowNetwork, use: RouteUse?, belief: RouteUse.Belief, rows: [Int], flows: [Double], settings s: FlowEstimationSettings
  ) {
    let n = network.linkCount
    // Columns after the n place effects: intercept, lanes, speed, priority, classes, at the edge, inside, signal, its green.
    let classes = network.roadClasses
    let routes = belief == .routes ? use?.logUse : nil
    let hasRoutes = routes != nil
    let extra = 4 + classes + 4 + (hasRoutes ? 1 : 0)
    let signal = (0..<n).map { i -> (at: Double, green: Double) in
      network.greenShare(ofLink: i).map { (1, log(max($0, 0.05) / s.usualGreen)) } ?? (0, 0)
    }
    func features(_ i: Int) -> [(Int, Double)] {
      [
        (n, 1), (n + 1, log(network.lanes[i])), (n + 2, log(network.speed[i] / 13.9)), (n + 3, network.priority[i]),
        (n + 4 + network.roadClass[i], 1), (n + 4 + classes + (network.isEntry[i] || network.isExit[i] ? 0 : 1), 1),
        (n + 4 + classes + 2, signal[i].at), (n + 4 + classes + 3, signal[i].green),
      ] + (routes.map { [(n + 4 + classes + 4, $0[i])] } ?? [])
    }
    func base(_ i: Int) -> Double {
      log(s.typicalFlow) + s.laneExponent * log(network.lanes[i]) + s.speedExponent * log(network.speed[i] / 13.9)
        + s.signalEffect * signal[i].at + s.greenExponent * signal[i].green + (routes.map { s.routeExponent * $0[i] } ?? 0)
    }
    var triplets = placeInformation(network, s, spread: s.placeSpread, reach: s.placeReach)
    let spreads =
      [s.typicalSpread, s.laneSpread, s.speedSpread, s.prioritySpread] + [Double](repeating: s.classSpread, count: classes)
      + [s.edgeSpread, s.edgeSpread, s.signalSpread, s.signalSpread] + (hasRoutes ? [s.routeExponentSpread] : [])
    for (k, spread) in spreads.enumerated() { triplets.append(.init(n + k, n + k, 1 / (spread * spread))) }
    var right = [Double](repeating: 0, count: n + extra)
    for (row, flow) in zip(rows, flows) {
      let noise = s.residualSpread * s.residualSpread + 1 / max(flow, 3)
      let r = log(max(flow, s.leastFlow)) - base(row)
      let h = [(row, 1.0)] + features(row)
      for (a, x) in h {
        right[a] += x * r / noise
        for (b, y) in h where b <= a { triplets.append(.init(a, b, x * y / noise)) }
      }
    }
    // Entries of value zero hold a place in the pattern, so that every link's variance can be read off the selected inverse.
    for i in 0..<n { for (a, _) in features(i) { triplets.append(.init(a, i, 0)) } }
    for a in 0..<extra { for b in 0..<a { triplets.append(.init(n + a, n + b, 0)) } }
    let matrix = SparseMatrix(rows: n + extra, columns: n + extra, triplets: triplets)
    mean = (0..<n).map(base)
    variance = [Double](repeating: s.placeSpread * s.placeSpread + 1, count: n)
    guard let factor = try? SparseLDLFactorization(matrix) else { return }
    let solution = factor.solve(right)
    let inverse = factor.selectedInverse()
    for i in 0..<n {
      let h = [(i, 1.0)] + features(i)
      var v = s.residualSpread * s.residualSpread
      for (a, x) in h {
        mean[i] += x * solution[a]
        for (b, y) in h { v += x * y * (inverse[a, b] ?? 0) }
      }
      variance[i] = max(v, s.residualSpread * s.residualSpread)
    }
  }
}

/// The information matrix of a place effect: (I + reach·L)/spread², L the Laplacian of likeness between links.
func placeInformation(
  _ network: FlowNetwork, _ s: FlowEstimationSettings, spread: Double, reach: Double
) -> [SparseMatrix.Triplet] {
  let scale = 1 / (spread * spread)
  var triplets = (0..<network.linkCount).map { SparseMatrix.Triplet($0, $0, scale) }
  func couple(_ a: Int, _ b: Int, _ weight: Double) {
    guard weight > 0, a != b else { return }
    let w = weight * reach * scale
    triplets.append(.init(a, a, w))
    triplets.append(.init(b, b, w))
    triplets.append(.init(max(a, b), min(a, b), -w))
  }
  for k in 0..<network.movementCount {
    let weight: Double
    switch network.turn[k] {
    case .straight: weight = 1
    case .uTurn, .uTurnRight: weight = 0
    default: weight = s.turnLikeness
    }
    couple(Int(network.from[k]), Int(network.to[k]), weight)
  }
  for i in 0..<network.linkCount where Int(network.opposite[i]) > i { couple(i, Int(network.opposite[i]), 2 * s.oppositeLikeness) }
  return triplets
}

/// A place effect whose pattern is ordered once, for information on some links that changes from interval to interval.
struct PlaceField: Sendable {
  private let matrix: SparseMatrix
  private let diagonal: [Int]
  private let symbolic: SparseSymbolicFactorization

  init(_ network: FlowNetwork, _ s: FlowEstimationSettings, spread: Double, reach: Double) {
    let n = network.linkCount
    let matrix = SparseMatrix(rows: n, columns: n, triplets: placeInformation(network, s, spread: spread, reach: reach))
    diagonal = (0..<n).map { j in (matrix.starts[j]..<matrix.starts[j + 1]).first { matrix.rowIndices[$0] == j }! }
    symbolic = SparseSymbolicFactorization(matrix)
    self.matrix = matrix
  }

  /// The effect's mean under `information` on each link and its `right` side; nil where it cannot be factored.
  func solve(_ information: [Double], _ right: [Double]) -> [Double]? {
    var values = matrix.values
    for (k, w) in information.enumerated() { values[diagonal[k]] += w }
    let n = right.count
    let sum = SparseMatrix(rows: n, columns: n, starts: matrix.starts, rowIndices: matrix.rowIndices, values: values)
    return (try? SparseLDLFactorization(sum, symbolic: symbolic))?.solve(right)
  }
}

/// Turning shares before counts, by movement.
func turningPrior(
  _ network: FlowNetwork, use: RouteUse?, belief: RouteUse.Belief, logFlow: [Double], settings s: FlowEstimationSettings
) -> [Double] {
  var weight = [Double](repeating: 0, count: network.movementCount)
  var total = [Double](repeating: 0, count: network.linkCount)
  for k in 0..<network.movementCount {
    let turn: Double
    switch network.turn[k] {
    case .straight: turn = 1
    case .right: turn = s.rightWeight
    case .slightRight: turn = 1.5 * s.rightWeight
    case .left: turn = s.leftWeight
    case .slightLeft: turn = 1.5 * s.leftWeight
    case .uTurn, .uTurnRight: turn = s.uTurnWeight
    case .invalid: turn = s.uTurnWeight
    }
    let to = Int(network.to[k])
    weight[k] =
      turn * pow(network.lanes[to] * network.speed[to], s.capacityExponent) * pow(network.servingLanes[k], s.servingExponent)
      * exp(s.attractionExponent * (logFlow[to] - log(s.typicalFlow)))
    switch (use == nil ? .nothing : belief, use?.share[k]) {
    case (.plausibility, let share?): weight[k] *= (min(share, s.routeShare) + s.routeFloor) / (s.routeShare + s.routeFloor)
    case (.routes, let share): weight[k] *= (share ?? 1 / Double(network.outgoing[Int(network.from[k])].count)) + s.routeMixture
    case (.plausibility, nil), (.nothing, _): break
    }
    total[Int(network.from[k])] += weight[k]
  }
  for k in weight.indices { weight[k] /= total[Int(network.from[k])] }
  return weight
}
