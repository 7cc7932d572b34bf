/// The solution of A·x = b for a symmetric positive definite A known only by what it does to a vector, by preconditioned conjugate
/// gradients (Hestenes & Stiefel 1952).
public struct ConjugateGradientSolution: Sendable {
  /// The last iterate.
  public let solution: [Double]
  /// ‖b − A·x‖ / ‖b‖ as the recurrence knows it.
  public let relativeResidual: Double
  /// Products with A.
  public let iterations: Int
  /// Whether the tolerance was met before the iterations ran out or A was seen not to be positive definite.
  public let converged: Bool
}

/// - Parameters:
///   - apply: x ↦ A·x. - b: the right-hand side. - initial: where to start; zero if nil.
///   - diagonal: the positive diagonal of A, as preconditioner; none if nil.
///   - tolerance: of the residual relative to ‖b‖.
public func conjugateGradient(
  _ b: [Double], initial: [Double]? = nil, diagonal: [Double]? = nil, tolerance: Double = 1e-10, maximumIterations: Int? = nil,
  apply: ([Double]) -> [Double]
) -> ConjugateGradientSolution {
  var x = initial ?? [Double](repeating: 0, count: b.count)
  let limit = maximumIterations ?? max(100, 10 * b.count)
  let scale = euclideanNorm(b)
  guard scale > 0 else {
    return ConjugateGradientSolution(solution: b, relativeResidual: 0, iterations: 0, converged: true)
  }
  var r = b
  var iterations = 0
  if initial != nil {
    addScaled(-1, apply(x), to: &r)
    iterations = 1
  }
  func preconditioned(_ r: [Double]) -> [Double] {
    guard let diagonal else { return r }
    return zip(r, diagonal).map { $0 / $1 }
  }
  var z = preconditioned(r)
  var p = z
  var rz = dot(r, z)
  var residual = euclideanNorm(r) / scale
  while residual > tolerance, iterations < limit {
    let ap = apply(p)
    iterations += 1
    let curvature = dot(p, ap)
    guard curvature > 0, curvature.isFinite else { break }
    let step = rz / curvature
    addScaled(step, p, to: &x)
    addScaled(-step, ap, to: &r)
    residual = euclideanNorm(r) / scale
    z = preconditioned(r)
    let next = dot(r, z)
    let beta = next / rz
    rz = next
    for i in 0..<p.count { p[i] = z[i] + beta * p[i] }
  }
  return ConjugateGradientSolution(solution: x, relativeResidual: residual, iterations: iterations, converged: residual <= tolerance)
}
