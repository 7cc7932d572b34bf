/// The probability that Student's t with `degrees` degrees of freedom is at most `t`.
public func studentProbability(_ t: Double, degrees: Double) -> Double {
  precondition(degrees > 0, "\(degrees) degrees of freedom")
  guard t.isFinite else { return t > 0 ? 1 : 0 }
  let tail = 0.5 * regularizedBeta(degrees / (degrees + t * t), 0.5 * degrees, 0.5)
  return t > 0 ? 1 - tail : tail
}

/// The t with ``studentProbability(_:degrees:)`` p, for p in [0, 1].
public func studentQuantile(_ p: Double, degrees: Double) -> Double {
  precondition(p >= 0 && p <= 1, "a probability of \(p)")
  precondition(degrees > 0, "\(degrees) degrees of freedom")
  if p == 0.5 { return 0 }
  if p == 0 { return -.infinity }
  if p == 1 { return .infinity }
  // In the lower tail no digits cancel; the distribution is symmetric.
  let tail = min(p, 1 - p)
  let t = solveIncreasing(from: 0, to: 2) { tail - studentProbability(-$0, degrees: degrees) }
  return p < 0.5 ? -t : t
}
