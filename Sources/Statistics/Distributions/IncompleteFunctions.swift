import Foundation

/// The regularised incomplete beta function Iₓ(a, b), by Lentz's evaluation of its continued fraction (DLMF 8.17.22).
func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  // The fraction converges fast below the mean; above it, the mirror image does.
  guard x <= (a + 1) / (a + b + 2) else { return 1 - regularizedBeta(1 - x, b, a) }
  let front = exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x)) / a
  let tiny = 1e-300
  var (c, d) = (1.0, 1 - (a + b) * x / (a + 1))
  if d.magnitude < tiny { d = tiny }
  d = 1 / d
  var h = d
  for m in 1...10_000 {
    let k = Double(m)
    for coefficient in [
      k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k)),
      -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1)),
    ] {
      d = 1 + coefficient * d
      if d.magnitude < tiny { d = tiny }
      c = 1 + coefficient / c
      if c.magnitude < tiny { c = tiny }
      d = 1 / d
      h *= c * d
    }
    if (c * d - 1).magnitude < 1e-16 { break }
  }
  return front * h
}

/// The regularised lower incomplete gamma function P(a, x): its series below a + 1 (DLMF 8.7.1), its continued fraction above
/// (DLMF 8.9.2).
func regularizedGamma(_ a: Double, _ x: Double) -> Double {
  guard x > 0 else { return 0 }
  let front = exp(a * log(x) - x - logGamma(a))
  if x < a + 1 {
    var (term, sum, k) = (1 / a, 1 / a, a)
    while term > sum * 1e-17 {
      k += 1
      term *= x / k
      sum += term
    }
    return front * sum
  }
  let tiny = 1e-300
  var b = x + 1 - a
  var (c, d) = (1 / tiny, 1 / b)
  var h = d
  for i in 1...10_000 {
    let coefficient = -Double(i) * (Double(i) - a)
    b += 2
    d = coefficient * d + b
    if d.magnitude < tiny { d = tiny }
    c = b + coefficient / c
    if c.magnitude < tiny { c = tiny }
    d = 1 / d
    h *= c * d
    if (c * d - 1).magnitude < 1e-16 { break }
  }
  return 1 - front * h
}

/// ln Γ(x) for x > 0. The C library's `lgamma` writes a global sign, so it is not for concurrent use; this is Stirling's series
/// (DLMF 5.11.1) after a shift above 10, where six terms give full precision.
func logGamma(_ x: Double) -> Double {
  precondition(x > 0, "ln Γ of \(x)")
  var (z, shift) = (x, 1.0)
  while z < 10 {
    shift *= z
    z += 1
  }
  let w = 1 / (z * z)
  let series = ((((691.0 / 360_360 * -w + 1.0 / 1188) * w - 1.0 / 1680) * w + 1.0 / 1260) * w - 1.0 / 360) * w + 1.0 / 12
  return (z - 0.5) * log(z) - z + 0.5 * log(2 * .pi) + series / z - log(shift)
}

/// The zero of an increasing function by bisection, once `high` has been doubled until it lies above.
func solveIncreasing(from low: Double, to high: Double, _ f: (Double) -> Double) -> Double {
  var (a, b) = (low, high)
  while f(b) < 0, b < 1e300 { b *= 2 }
  for _ in 0..<200 {
    let middle = 0.5 * (a + b)
    if middle == a || middle == b { break }
    if f(middle) < 0 { a = middle } else { b = middle }
  }
  return 0.5 * (a + b)
}
