import LinearAlgebra
import Solvers

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Origin–destination flows from link counts: which share of each flow passes each counted link.
public struct ODProblem: Sendable {
  /// Prior flows, all positive.
  public var prior: [Double]
  /// Shares, counted links by flows: 1 where every vehicle of a flow passes the link.
  public var assignment: SparseMatrix
  public var counts: [Double]

  public init(prior: [Double], assignment: SparseMatrix, counts: [Double]) {
    precondition(
      assignment.rows == counts.count && assignment.columns == prior.count, "an assignment of \(assignment.rows)×\(assignment.columns)")
    precondition(prior.allSatisfy { $0 > 0 && $0.isFinite }, "prior flows must be positive")
    self.prior = prior
    self.assignment = assignment
    self.counts = counts
  }
}

public struct ODSolution: Sendable {
  public enum Ending: Sendable, Hashable { case converged, roundLimit, inconsistent }
  public var flows: [Double]
  /// Variance of each flow where the method gives one.
  public var variance: [Double]
  /// Balancing factor of each link, for entropy.
  public var factors: [Double] = []
  public var rounds: Int
  public var ending: Ending
}

/// Maximum entropy (Van Zuylen & Willumsen, Transportation Research B 14, 1980): t = prior·Π X_a^p, links balanced one after the other until
/// every count is met.
///
/// Counts that contradict each other have no solution; then `ending` is `.inconsistent` and the flows are those of the last round.
public func entropyOD(_ problem: ODProblem, tolerance: Double = 1e-10, roundLimit: Int = 1000) -> ODSolution {
  var t = problem.prior
  let rows = problem.assignment.transposed
  var factors = [Double](repeating: 1, count: problem.counts.count)
  var previous = Double.infinity
  for round in 1...roundLimit {
    var worst = 0.0
    for a in problem.counts.indices {
      let entries = rows.starts[a]..<rows.starts[a + 1]
      let count = max(problem.counts[a], 1e-12)
      // Σ p·t·x^p = count in x, by Newton from 1: for shares of 0 and 1 one step is exact.
      var x = 1.0
      for _ in 0..<50 {
        var y = 0.0, slope = 0.0
        for e in entries {
          let p = rows.values[e]
          let v = p * t[rows.rowIndices[e]] * pow(x, p)
          y += v
          slope += v * p / x
        }
        guard slope > 0 else { break }
        let next = max(x / 10, x - (y - count) / slope)
        if abs(next - x) <= 1e-15 * x { break }
        x = next
      }
      worst = max(worst, abs(x - 1))
      factors[a] *= x
      for e in entries { t[rows.rowIndices[e]] *= pow(x, rows.values[e]) }
    }
    if worst < tolerance { return ODSolution(flows: t, variance: [], factors: factors, rounds: round, ending: .converged) }
    if round > 50, worst > previous * 0.999999, worst > 1e-6 {
      return ODSolution(flows: t, variance: [], factors: factors, rounds: round, ending: .inconsistent)
    }
    previous = worst
  }
  return ODSolution(flows: t, variance: [], factors: factors, rounds: roundLimit, ending: .roundLimit)
}

/// Generalised least squares (Cascetta, Transportation Research B 18, 1984): min (x−x̂)ᵀV⁻¹(x−x̂) + (y−Ax)ᵀW⁻¹(y−Ax), x ≥ 0, with diagonal
/// V and W. The variances are those of the free flows; a flow at zero keeps the variance it would have without the bound.
public func leastSquaresOD(_ problem: ODProblem, priorVariance v: [Double], countVariance w: [Double]) throws(FactorizationError)
  -> ODSolution
{
  let n = problem.prior.count
  precondition(v.count == n && w.count == problem.counts.count, "variances of \(v.count) flows and \(w.count) counts")
  let a = problem.assignment
  let weights = w.map { 1 / $0 }
  let information = a.gram(weights: weights) + SparseMatrix.diagonal(v.map { 1 / $0 })
  var right = a.applied(to: zip(problem.counts, weights).map { $0 * $1 }, .transposed)
  for i in 0..<n { right[i] += problem.prior[i] / v[i] }
  let variance = try SparseLDLFactorization(information).inverseDiagonal()
  var held = [Bool](repeating: false, count: n)
  var x = problem.prior
  for round in 1...(4 * n + 10) {
    var extra = [Double](repeating: 0, count: n)
    for i in 0..<n where held[i] { extra[i] = 1e12 / v[i] }
    let factor = try SparseLDLFactorization(information + SparseMatrix.diagonal(extra))
    x = factor.solve((0..<n).map { held[$0] ? 0 : right[$0] })
    let gradient = zip(information * (0..<n).map { held[$0] ? 0 : x[$0] }, right).map { $0 - $1 }
    var isDone = true
    for i in 0..<n where !held[i] && x[i] < -1e-10 {
      held[i] = true
      isDone = false
    }
    if isDone {
      for i in 0..<n where held[i] && gradient[i] < -1e-10 {
        held[i] = false
        isDone = false
        break
      }
    }
    if isDone {
      return ODSolution(flows: (0..<n).map { held[$0] ? 0 : max(0, x[$0]) }, variance: variance, rounds: round, ending: .converged)
    }
  }
  return ODSolution(flows: x.map { max(0, $0) }, variance: variance, rounds: 4 * n + 10, ending: .roundLimit)
}

/// The gradient method (Spiess 1990): x ← x·(1 − λ·Σ p(v − y)), the step of steepest descent in relative terms; it moves from the prior only
/// as far as counts ask and never makes a flow negative.
public func gradientOD(_ problem: ODProblem, rounds: Int = 200, tolerance: Double = 1e-9) -> ODSolution {
  var x = problem.prior
  let a = problem.assignment
  for round in 1...max(1, rounds) {
    let v = a * x
    let residual = zip(v, problem.counts).map { $0 - $1 }
    let gradient = a.applied(to: residual, .transposed)
    let direction = x.indices.map { -x[$0] * gradient[$0] }
    let change = a * direction
    let square = change.reduce(0) { $0 + $1 * $1 }
    guard square > 0 else { return ODSolution(flows: x, variance: [], rounds: round, ending: .converged) }
    var λ = -zip(change, residual).reduce(0) { $0 + $1.0 * $1.1 } / square
    let steepest = gradient.max() ?? 0
    if steepest > 0 { λ = min(λ, 0.999 / steepest) }
    for i in x.indices { x[i] += λ * direction[i] }
    if λ * (direction.map { abs($0) }.max() ?? 0) < tolerance * (x.max() ?? 1) {
      return ODSolution(flows: x, variance: [], rounds: round, ending: .converged)
    }
  }
  return ODSolution(flows: x, variance: [], rounds: rounds, ending: .roundLimit)
}
