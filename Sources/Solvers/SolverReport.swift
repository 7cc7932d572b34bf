/// What a solver did: enough to check its answer without trusting it.
public struct SolverReport: Equatable, Sendable {
  /// How it ended.
  public let status: SolverStatus
  /// Iterations taken.
  public let iterations: Int
  /// The largest violation of a constraint.
  public let primalResidual: Double
  /// The largest component of the objective's gradient that the multipliers do not explain.
  public let dualResidual: Double
  /// The objective minus its proven lower bound, in the objective's unit.
  public let gap: Double
  /// Wall time [s].
  public let seconds: Double

  public init(status: SolverStatus, iterations: Int, primalResidual: Double, dualResidual: Double, gap: Double, seconds: Double) {
    self.status = status
    self.iterations = iterations
    self.primalResidual = primalResidual
    self.dualResidual = dualResidual
    self.gap = gap
    self.seconds = seconds
  }
}

extension ContinuousClock.Instant {
  /// Seconds since this instant.
  var secondsAgo: Double { duration(to: .now) / .seconds(1) }
}
