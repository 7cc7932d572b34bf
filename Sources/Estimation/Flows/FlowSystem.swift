import LinearAlgebra

/// The normal equations of generalised least squares over movement flows, entering and leaving flows; their pattern is found once.
///
/// Variables: the movements, then one entering flow for each entry, then one leaving flow for each exit. All terms of a link touch only
/// the movements into and out of it, so the matrix is a union of small cliques.
struct FlowSystem: Sendable {
  let network: FlowNetwork
  let count: Int
  /// Position of the entering and leaving flow of each row, or −1.
  let source: [Int32]
  let sink: [Int32]
  /// For each row: variables out of it (its leaving flow last), variables into it.
  let out: [[Int32]]
  let into: [[Int32]]
  /// For each row the variables of its clique, and for each pair (p ≥ q, packed) where its value lies.
  private let clique: [[Int32]]
  private let place: [[Int32]]
  private let starts: [Int]
  private let rowIndices: [Int]
  private let diagonal: [Int]
  private let symbolic: SparseSymbolicFactorization

  /// What least squares is told; arrays by row or by movement.
  struct Terms {
    /// Prior share of each movement and standard deviation of an even share.
    var share: [Double]
    var shareSpread: Double
    /// Expected flow and its relative standard deviation: of each link, entering, leaving.
    var link: ([Double], [Double])
    var entering: ([Double], [Double])
    var leaving: ([Double], [Double])
    /// Relative imbalance of a link.
    var imbalance: Double
    var sites: [Site]
    var countLooseness: Double
    var ambiguityLooseness: Double
    var attributionRounds: Int
    var rounds: Int
    /// Factorisations a round may take to settle which flows are held at zero.
    var attempts = 6

    struct Site {
      var row: Int
      var isEnd: Bool
      var groups: [(lane: Int32, movements: [Int32], count: Double)]
      /// Hourly flow of one counted vehicle.
      var scale: Double
    }
  }

  struct Solution: Sendable {
    var flow: [Double]
    var link: [Double]
    var factor: SparseLDLFactorization?
    /// Flows held at zero.
    var held: [Bool]
    /// The factor is of this very system, not of a similar one.
    var isFactorOwn = false
    var rounds = 0
  }

  init(_ network: FlowNetwork) {
    self.network = network
    let m = network.movementCount, n = network.linkCount
    var next = Int32(m)
    var source = [Int32](repeating: -1, count: n), sink = source
    for i in 0..<n where network.isEntry[i] {
      source[i] = next
      next += 1
    }
    for i in 0..<n where network.isExit[i] {
      sink[i] = next
      next += 1
    }
    count = Int(next)
    (self.source, self.sink) = (source, sink)
    out = (0..<n).map { network.outgoing[$0] + (sink[$0] >= 0 ? [sink[$0]] : []) }
    into = (0..<n).map { network.incoming[$0] + (source[$0] >= 0 ? [source[$0]] : []) }
    var clique: [[Int32]] = []
    var columns = [[Int32]](repeating: [], count: count)
    for i in 0..<n {
      let own = Set(out[i] + into[i]).sorted()
      clique.append(own)
      for (k, b) in own.enumerated() { columns[Int(b)] += own[k...] }
    }
    var starts = [0]
    var rows: [Int] = []
    var diagonal: [Int] = []
    for b in 0..<count {
      let own = Set(columns[b] + [Int32(b)]).sorted()
      diagonal.append(rows.count)
      rows += own.map { Int($0) }
      starts.append(rows.count)
    }
    var place: [[Int32]] = []
    for own in clique {
      var positions: [Int32] = []
      for p in own.indices {
        for q in 0...p {
          let column = Int(own[q]), row = Int(own[p])
          var low = starts[column], high = starts[column + 1]
          while low < high {
            let middle = (low + high) / 2
            if rows[middle] < row { low = middle + 1 } else { high = middle }
          }
          positions.append(Int32(low))
        }
      }
      place.append(positions)
    }
    (self.clique, self.place, self.starts, self.rowIndices, self.diagonal) = (clique, place, starts, rows, diagonal)
    symbolic = SparseSymbolicFactorization(
      SparseMatrix(rows: count, columns: count, starts: starts, rowIndices: rows, values: [Double](repeating: 1, count: rows.count)))
  }

  /// Systems of more variables than this are factored once a solve; further rounds take conjugate gradients with that factor.
  static let largeCount = 8000

  /// Non-negative flows by reweighted least squares; `start` gives the first weights.
  ///
  /// With the `known` solution of a similar system nothing is factored: conjugate gradients start at its flows and use its factor, and flows
  /// it held at zero stay there. `refactored` then factors the system once, at the flows found, for its variances.
  func solve(_ terms: Terms, start: [Double], known: Solution? = nil, refactored: Bool = false) -> Solution {
    let n = network.linkCount, m = network.movementCount
    var x = start
    var z = [Double](repeating: 0, count: count)
    for k in 0..<m { z[k] = x[Int(network.from[k])] * terms.share[k] }
    var held = [Bool](repeating: false, count: count)
    var factor = known?.factor
    if let known, factor != nil { (z, held) = (known.flow, known.held) }
    var isFactorOurs = false
    var result = Solution(flow: z, link: x, factor: nil, held: held)
    for round in 0..<max(1, terms.rounds) {
      var values = [Double](repeating: 0, count: rowIndices.count)
      var right = [Double](repeating: 0, count: count)
      assemble(terms, x, z, &values, &right)
      for k in 0..<count { values[diagonal[k]] += 1e-9 }
      if let factor, known != nil || count > Self.largeCount {
        refine(&z, values, right, factor, &held)
      } else {
        for attempt in 0..<max(1, terms.attempts) {
          var pinned = values
          for k in 0..<count where held[k] { pinned[diagonal[k]] *= 1e8 }
          let matrix = SparseMatrix(rows: count, columns: count, starts: starts, rowIndices: rowIndices, values: pinned)
          guard let f = try? SparseLDLFactorization(matrix, symbolic: symbolic) else { return result }
          factor = f
          isFactorOurs = true
          var b = right
          for k in 0..<count where held[k] { b[k] = 0 }
          z = f.solve(b)
          for k in 0..<count where held[k] { z[k] = 0 }
          var isDone = true
          for k in 0..<count where !held[k] && z[k] < -1e-6 {
            held[k] = true
            isDone = false
          }
          if !isDone, count > Self.largeCount {
            refine(&z, values, right, f, &held)
            break
          }
          // A held flow is set free where its gradient points inwards.
          if attempt < min(3, terms.attempts - 2), held.contains(true) {
            let gradient = product(values, z)
            for k in 0..<count where held[k] && gradient[k] - right[k] < -1e-6 && z[k] == 0 {
              held[k] = false
              isDone = false
            }
          }
          if isDone { break }
        }
      }
      for k in 0..<count { z[k] = max(0, z[k]) }
      var change = 0.0
      for i in 0..<n {
        var sum = 0.0
        for k in out[i] { sum += z[Int(k)] }
        if out[i].isEmpty { for k in into[i] { sum += z[Int(k)] } }
        change = max(change, abs(sum - x[i]) / (x[i] + 10))
        x[i] = round == 0 ? sum : 0.5 * x[i] + 0.5 * sum
      }
      result = Solution(flow: z, link: x, factor: factor, held: held, isFactorOwn: isFactorOurs, rounds: round + 1)
      if change < 0.01 { break }
    }
    if refactored, !result.isFactorOwn {
      var values = [Double](repeating: 0, count: rowIndices.count)
      var right = [Double](repeating: 0, count: count)
      assemble(terms, x, z, &values, &right)
      for k in 0..<count {
        values[diagonal[k]] += 1e-9
        if held[k] { values[diagonal[k]] *= 1e8 }
      }
      let matrix = SparseMatrix(rows: count, columns: count, starts: starts, rowIndices: rowIndices, values: values)
      if let own = try? SparseLDLFactorization(matrix, symbolic: symbolic) { (result.factor, result.isFactorOwn) = (own, true) }
    }
    return result
  }

  /// Moves `z` to the solution of A·z = b over the flows that are not held, by conjugate gradients; flows that turn negative are held.
  private func refine(
    _ z: inout [Double], _ values: [Double], _ right: [Double], _ factor: SparseLDLFactorization, _ held: inout [Bool]
  ) {
    for k in 0..<count where held[k] { z[k] = 0 }
    for _ in 0..<3 {
      func masked(_ v: [Double]) -> [Double] {
        var v = v
        for k in 0..<count where held[k] { v[k] = 0 }
        return v
      }
      var r = product(values, z)
      for k in 0..<count { r[k] = held[k] ? 0 : right[k] - r[k] }
      var y = masked(factor.solve(r))
      var p = y
      var ρ = dot(r, y)
      // In the norm of the problem itself: an error of a hundredth of a standard deviation is no error.
      let goal = 1e-4 * Double(count)
      var steps = 0
      while ρ > goal, steps < 40 {
        let q = masked(product(values, p))
        let α = ρ / dot(p, q)
        guard α.isFinite else { break }
        for k in 0..<count {
          z[k] += α * p[k]
          r[k] -= α * q[k]
        }
        y = masked(factor.solve(r))
        let next = dot(r, y)
        let β = next / ρ
        for k in 0..<count { p[k] = y[k] + β * p[k] }
        ρ = next
        steps += 1
      }
      var isDone = true
      for k in 0..<count where !held[k] && z[k] < -1e-6 {
        held[k] = true
        z[k] = 0
        isDone = false
      }
      if isDone { return }
    }
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        var sum = 0.0
        for k in 0..<a.count { sum += a[k] * b[k] }
        return sum
      }
    }
  }

  /// Symmetric product from the lower triangle.
  private func product(_ values: [Double], _ z: [Double]) -> [Double] {
    var y = [Double](repeating: 0, count: count)
    values.withUnsafeBufferPointer { values in
      rowIndices.withUnsafeBufferPointer { rows in
        starts.withUnsafeBufferPointer { starts in
          z.withUnsafeBufferPointer { z in
            y.withUnsafeMutableBufferPointer { y in
              for c in 0..<count {
                let zc = z[c]
                var sum = 0.0
                for p in starts[c]..<starts[c + 1] {
                  let r = rows[p]
                  y[r] += values[p] * zc
                  if r != c { sum += values[p] * z[r] }
                }
                y[c] += sum
              }
            }
          }
        }
      }
    }
    return y
  }

  private func assemble(_ t: Terms, _ x: [Double], _ z: [Double], _ values: inout [Double], _ right: inout [Double]) {
    let widest = clique.map(\.count).max() ?? 1
    var block = [Double](repeating: 0, count: widest * widest)
    var local = [Double](repeating: 0, count: widest)
    values.withUnsafeMutableBufferPointer { values in
      right.withUnsafeMutableBufferPointer { right in
        block.withUnsafeMutableBufferPointer { block in
          local.withUnsafeMutableBufferPointer { local in
            for i in 0..<network.linkCount {
              let own = clique[i]
              let c = own.count
              for k in 0..<(c * c) { block[k] = 0 }
              // Adds (aᵀz − b)²/σ² for the coefficients in `local`.
              func add(_ b: Double, _ σ: Double) {
                let w = 1 / (σ * σ)
                for p in 0..<c where local[p] != 0 {
                  let wp = w * local[p]
                  right[Int(own[p])] += wp * b
                  for q in 0...p where local[q] != 0 { block[p * c + q] += wp * local[q] }
                }
                for p in 0..<c { local[p] = 0 }
              }
              func index(_ variable: Int32) -> Int {
                var low = 0, high = c
                while low < high {
                  let middle = (low + high) / 2
                  if own[middle] < variable { low = middle + 1 } else { high = middle }
                }
                return low
              }
              let outs = network.outgoing[i]
              let xi = max(x[i], 10)
              if outs.count > 1 {
                for k in outs {
                  let p = t.share[Int(k)]
                  for o in outs { local[index(o)] = -p }
                  local[index(k)] += 1
                  add(0, t.shareSpread * xi * (4 * p * (1 - p) + 0.01).squareRoot() + 2)
                }
              }
              if source[i] >= 0 {
                local[index(source[i])] = 1
                add(t.entering.0[i], t.entering.1[i] * max(t.entering.0[i], x[i], 10))
              }
              if sink[i] >= 0 {
                local[index(sink[i])] = 1
                add(t.leaving.0[i], t.leaving.1[i] * max(t.leaving.0[i], x[i], 10))
              }
              let side = out[i].isEmpty ? into[i] : out[i]
              for k in side { local[index(k)] = 1 }
              add(t.link.0[i], t.link.1[i] * max(x[i], t.link.0[i], 1))
              if !out[i].isEmpty, !into[i].isEmpty {
                for k in into[i] { local[index(k)] += 1 }
                for k in out[i] { local[index(k)] -= 1 }
                add(0, t.imbalance * xi + 1)
              }
              let positions = place[i]
              var k = 0
              for p in 0..<c {
                for q in 0...p {
                  values[Int(positions[k])] += block[p * c + q]
                  k += 1
                }
              }
            }
          }
        }
      }
    }
    for site in t.sites { measure(site, t, x, z, &values, &right) }
  }

  private func measure(_ site: Terms.Site, _ t: Terms, _ x: [Double], _ z: [Double], _ values: inout [Double], _ right: inout [Double]) {
    let i = site.row
    let movements = site.isEnd ? network.outgoing[i] : network.incoming[i]
    // At its end a link's whole flow passes; at its beginning only what came over the junction.
    let all = site.isEnd ? out[i] : movements
    let total = site.groups.reduce(0) { $0 + $1.count } * site.scale
    let f = site.scale
    if !all.isEmpty {
      let w = 1 / (t.countLooseness * t.countLooseness * (total * f + f))
      let own = clique[i]
      let positions = place[i]
      let locals = all.compactMap { own.firstIndex(of: $0) }
      for a in locals {
        right[Int(own[a])] += w * total
        for b in locals where b <= a { values[Int(positions[a * (a + 1) / 2 + b])] += w }
      }
    }
    guard !movements.isEmpty, !(site.isEnd && movements.count == 1 && sink[i] < 0) else { return }
    let attribution = Attribution(
      site.groups.map { ($0.lane, $0.movements, $0.count * f) }, weight: { z[Int($0)] + 0.5 },
      virtualWeight: site.isEnd && sink[i] >= 0 ? x[i] : 0,
      rounds: t.attributionRounds)
    for k in movements {
      let mean = attribution.mean[k] ?? 0, doubt = attribution.doubt[k] ?? 0
      let σ = t.countLooseness * (mean * f + f).squareRoot() + t.ambiguityLooseness * doubt
      let w = 1 / (σ * σ)
      values[diagonal[Int(k)]] += w
      right[Int(k)] += w * mean
    }
  }

  /// Variance of every variable and of every link's flow.
  func variances(_ solution: Solution) -> (flow: [Double], link: [Double], inverse: SelectedInverse)? {
    guard let inverse = solution.factor?.selectedInverse() else { return nil }
    let d = inverse.diagonal
    var link = [Double](repeating: 0, count: network.linkCount)
    for i in link.indices {
      let side = out[i].isEmpty ? into[i] : out[i]
      for a in side { for b in side { link[i] += inverse[Int(a), Int(b)] ?? 0 } }
    }
    return (d, link, inverse)
  }
}
