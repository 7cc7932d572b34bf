/// How a solve ended. An answer about the problem, never an error.
public enum SolverStatus: String, Sendable, Codable {
  /// Optimal to the tolerances asked for.
  case optimal
  /// No point meets the constraints; the certificate proves it.
  case primalInfeasible
  /// The objective falls without limit over feasible points, if there are any; the certificate is the direction.
  case dualInfeasible
  /// The objective curves downwards somewhere: the problem is outside the method.
  case notConvex
  /// The iterations or evaluations ran out first; the last point is returned with its residuals.
  case iterationLimit
  /// Rounding stopped progress first; the last point is returned with its residuals.
  case numericalTrouble
}
