/// The probability that a chi-square variable with `degrees` degrees of freedom is at most `x`.
public func chiSquareProbability(_ x: Double, degrees: Double) -> Double {
  precondition(degrees > 0, "\(degrees) degrees of freedom")
  return regularizedGamma(0.5 * degrees, 0.5 * x)
}

/// The x with ``chiSquareProbability(_:degrees:)`` p, for p in [0, 1).
public func chiSquareQuantile(_ p: Double, degrees: Double) -> Double {
  precondition(p >= 0 && p < 1, "a probability of \(p)")
  if p == 0 { return 0 }
  return solveIncreasing(from: 0, to: max(1, degrees)) { chiSquareProbability($0, degrees: degrees) - p }
}
