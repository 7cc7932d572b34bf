import LinearAlgebra

/// The linear Kalman filter, dense: x' = F·x + w, z = H·x + v, w ~ N(0, Q), v ~ N(0, R).
///
/// For states of up to a few hundred entries; a network's flows go through ``FlowFilter`` with its sparse information form.
public struct KalmanFilter: Sendable {
  public private(set) var state: [Double]
  public private(set) var covariance: Matrix

  public init(state: [Double], covariance: Matrix) {
    precondition(covariance.rows == state.count && covariance.columns == state.count, "a covariance of \(covariance.rows) rows")
    self.state = state
    self.covariance = covariance
  }

  /// Moves the state on by one step.
  public mutating func predict(transition f: Matrix, noise q: Matrix) {
    state = f * state
    covariance = f * covariance * f.transposed + q
  }

  /// Takes a measurement and returns the gain. The Joseph form keeps the covariance symmetric and positive whatever the rounding.
  ///
  /// Throws ``FactorizationError`` where the innovation's covariance is not positive definite.
  @discardableResult
  public mutating func update(measurement z: [Double], model h: Matrix, noise r: Matrix) throws(FactorizationError) -> Matrix {
    precondition(z.count == h.rows && h.columns == state.count, "a measurement of \(z.count) by a model of \(h.rows)×\(h.columns)")
    let s = h * covariance * h.transposed + r
    let factor = try CholeskyFactorization(s)
    let gain = factor.solve(h * covariance).transposed
    let predicted = h * state
    let innovation = zip(z, predicted).map { $0 - $1 }
    let step = gain * innovation
    for i in state.indices { state[i] += step[i] }
    let a = Matrix.identity(state.count) - gain * h
    covariance = a * covariance * a.transposed + gain * r * gain.transposed
    return gain
  }
}
