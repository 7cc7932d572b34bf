/// The stabilising solution of the discrete algebraic Riccati equation, and the feedback gain it gives.
///
///     P = AᵀPA − AᵀPB·(R + BᵀPB)⁻¹·BᵀPA + Q,     K = (R + BᵀPB)⁻¹·BᵀPA,     u = −K·x
///
/// minimises Σ γᵏ(xᵀQx + uᵀRu) for x ← A·x + B·u. Solved by the structure-preserving doubling algorithm (Chu, Fan, Lin & Wang,
/// Int. J. Control 77, 2004), which squares the closed loop at every step, so convergence is quadratic.
public struct RiccatiSolution: Sendable {
  /// The cost matrix P, n × n, symmetric and positive semidefinite: the cost from state x is xᵀPx.
  public let cost: Matrix
  /// The gain K, m × n.
  public let gain: Matrix
  /// The spectral radius of √γ·(A − B·K), below 1.
  public let closedLoopRadius: Double
  /// The largest element of the equation's residual, relative to the largest of P.
  public let residual: Double
  /// Doubling steps taken.
  public let iterations: Int

  /// Why there is no solution.
  public enum Failure: Error, Equatable, Sendable {
    /// No feedback stabilises the system, or some unstable mode costs nothing: the iteration did not settle.
    case noStabilizingSolution
    /// R is not positive definite, or a matrix holds no numbers.
    case factorization(FactorizationError)
  }

  /// - Parameters:
  ///   - a: n × n. - b: n × m. - q: n × n, symmetric positive semidefinite. - r: m × m, symmetric positive definite.
  ///   - discount: γ in (0, 1]. Store-and-forward models (A = I, more links than stages) have modes no control reaches: a
  ///     discount below 1 keeps their cost finite.
  public init(
    a: Matrix, b: Matrix, q: Matrix, r: Matrix, discount: Double = 1, maximumIterations: Int = 60, tolerance: Double = 1e-13
  ) throws(Failure) {
    let n = a.rows
    precondition(a.isSquare && b.rows == n && q.rows == n && q.isSquare && r.isSquare && r.rows == b.columns, "shapes do not agree")
    precondition(discount > 0 && discount <= 1, "a discount of \(discount)")
    guard a.isFinite, b.isFinite, q.isFinite, r.isFinite else { throw .factorization(.notFinite) }
    do {
      let rootedA = discount.squareRoot() * a
      let rootedB = discount.squareRoot() * b
      let inverseR = try CholeskyFactorization(r)
      var (ak, gk, hk) = (rootedA, (rootedB * inverseR.solve(rootedB.transposed)).symmetrized, q.symmetrized)
      let identity = Matrix.identity(n)
      var converged = false
      var steps = 0
      while steps < maximumIterations, !converged {
        steps += 1
        let w = try LUFactorization(identity + gk * hk)
        let v1 = w.solve(ak)
        let v2 = w.solve(gk)
        let change = (ak.transposed * (hk * v1)).symmetrized
        gk += (ak * (v2 * ak.transposed)).symmetrized
        hk += change
        ak = ak * v1
        guard hk.isFinite, gk.isFinite else { throw Failure.noStabilizingSolution }
        converged = change.largestMagnitude <= tolerance * max(hk.largestMagnitude, Double.leastNormalMagnitude)
      }
      let inner = try CholeskyFactorization((r + rootedB.transposed * (hk * rootedB)).symmetrized)
      let gain = inner.solve(rootedB.transposed * (hk * rootedA))
      let closed = rootedA - rootedB * gain
      let equation = Matrix.product(rootedA, .transposed, hk * closed) + q - hk
      let relative = equation.largestMagnitude / max(hk.largestMagnitude, 1)
      let radius = try Eigenvalues(closed).spectralRadius
      guard converged, radius < 1, relative < 1e-6 else { throw Failure.noStabilizingSolution }
      (cost, self.gain, closedLoopRadius, residual, iterations) = (hk, gain, radius, relative, steps)
    } catch let failure as Failure {
      throw failure
    } catch let error as FactorizationError {
      throw .factorization(error)
    } catch {
      preconditionFailure("unexpected error: \(error)")
    }
  }
}
