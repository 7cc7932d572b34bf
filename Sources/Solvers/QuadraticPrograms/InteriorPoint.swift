import LinearAlgebra

/// One run of the interior-point method: iterates x, z, s, τ, κ of the homogeneous embedding
///
///     P·x + Aᵀz + qτ = 0,   A·x + s − bτ = 0,   κ + qᵀx + bᵀz + xᵀPx/τ = 0,   s ⊥ z,   τκ = 0
///
/// with Mehrotra's predictor and corrector. τ > 0 in the limit means an optimum x/τ; τ → 0 means a certificate. Letters as in
/// Goulart & Chen (2024).
struct InteriorPoint {
  let form: ConicForm
  private let program: QuadraticProgram
  private let settings: QuadraticSettings
  private(set) var x: [Double]
  private(set) var z: [Double]
  private var s: [Double]
  private(set) var τ = 1.0
  private var κ = 1.0
  private(set) var iterations = 0
  private var kkt: KKTSystem
  private let n: Int
  private let m: Int
  private let free: Int  // rows before this one are equalities

  init(_ program: QuadraticProgram, _ settings: QuadraticSettings) {
    self.program = program
    self.settings = settings
    form = ConicForm(program)
    (n, m, free) = (form.linear.count, form.right.count, form.equalities)
    kkt = KKTSystem(form, denseLimit: settings.denseLimit)
    x = [Double](repeating: 0, count: n)
    z = [Double](repeating: 0, count: m)
    s = z
  }

  private var degree: Double { Double(m - free) + 1 }
  private var μ: Double {
    var sum = τ * κ
    for i in free..<m { sum += s[i] * z[i] }
    return sum / degree
  }

  mutating func run() -> SolverStatus {
    guard start() else { return .numericalTrouble }
    var best = (error: Double.infinity, x: x, z: z, s: s, τ: τ, κ: κ)
    var stalled = 0
    while true {
      let (status, error) = judge()
      if let status { return status }
      if error < 0.9 * best.error {
        best = (error, x, z, s, τ, κ)
        stalled = 0
      } else {
        stalled += 1
      }
      let outOfTime = iterations >= settings.maximumIterations
      if outOfTime || stalled > 25 || !step() {
        (x, z, s, τ, κ) = (best.x, best.z, best.s, best.τ, best.κ)
        return outOfTime ? .iterationLimit : .numericalTrouble
      }
      iterations += 1
    }
  }

  /// The least-squares start: min ½xᵀPx + qᵀx + ½‖s‖², then s and z pushed inside the cone.
  private mutating func start() -> Bool {
    var scaling = [Double](repeating: 1, count: m)
    for i in 0..<free { scaling[i] = 0 }
    guard (try? kkt.factor(scaling: scaling)) != nil else { return false }
    (x, z) = kkt.solve(form.linear.map { -$0 }, form.right)
    for i in free..<m { s[i] = -z[i] }
    func inside(_ v: [Double]) -> Double { (free..<m).reduce(0) { max($0, -v[$1]) } }
    let (shiftS, shiftZ) = (inside(s), inside(z))
    for i in free..<m {
      s[i] += shiftS > 0 ? 1 + shiftS : 0
      z[i] += shiftZ > 0 ? 1 + shiftZ : 0
      s[i] = max(s[i], 1e-8)
      z[i] = max(z[i], 1e-8)
    }
    return (x + z).allSatisfy(\.isFinite)
  }

  /// One predictor–corrector step; false where numbers give out.
  private mutating func step() -> Bool {
    var w = [Double](repeating: 0, count: m)
    for i in free..<m { w[i] = s[i] / z[i] }
    guard (try? kkt.factor(scaling: w)) != nil else { return false }
    let (q, b) = (form.linear, form.right)
    let px = form.quadratic * x
    var rx = px
    addScaled(1, form.constraints.applied(to: z, .transposed), to: &rx)
    addScaled(τ, q, to: &rx)
    var rz = form.constraints * x
    for i in 0..<m { rz[i] += s[i] - b[i] * τ }
    let rτ = κ + dot(q, x) + dot(b, z) + dot(x, px) / τ
    let (x2, z2) = kkt.solve(q.map { -$0 }, b)
    let ξPξ = dot(x, px) / (τ * τ)
    var gradient = q
    addScaled(2 / τ, px, to: &gradient)
    let denominator = κ / τ + ξPξ - dot(gradient, x2) - dot(b, z2)
    guard denominator.isFinite, denominator != 0 else { return false }

    struct Direction {
      var x: [Double], z: [Double], s: [Double], τ: Double, κ: Double
    }
    func direction(residuals share: Double, _ ds: [Double], _ dκ: Double) -> Direction {
      var g = rz.map { -share * $0 }
      for i in free..<m { g[i] += ds[i] / z[i] }
      var (dx, dz) = kkt.solve(rx.map { -share * $0 }, g)
      let dτ = (share * rτ - dκ / τ + dot(gradient, dx) + dot(b, dz)) / denominator
      addScaled(dτ, x2, to: &dx)
      addScaled(dτ, z2, to: &dz)
      var dsOut = [Double](repeating: 0, count: m)
      for i in free..<m { dsOut[i] = -ds[i] / z[i] - w[i] * dz[i] }
      return Direction(x: dx, z: dz, s: dsOut, τ: dτ, κ: -dκ / τ - κ / τ * dτ)
    }
    func longest(_ d: Direction) -> Double {
      var α = 1.0
      func limit(_ v: Double, _ dv: Double) { if dv < 0 { α = min(α, -v / dv) } }
      for i in free..<m {
        limit(s[i], d.s[i])
        limit(z[i], d.z[i])
      }
      limit(τ, d.τ)
      limit(κ, d.κ)
      return α
    }

    var ds = [Double](repeating: 0, count: m)
    for i in free..<m { ds[i] = s[i] * z[i] }
    let affine = direction(residuals: 1, ds, τ * κ)
    let α = longest(affine)
    let σ = (1 - α) * (1 - α) * (1 - α)
    let target = σ * μ
    for i in free..<m { ds[i] += affine.s[i] * affine.z[i] - target }
    let combined = direction(residuals: 1 - σ, ds, τ * κ + affine.τ * affine.κ - target)
    let length = 0.99 * longest(combined)
    guard length > 1e-10, length.isFinite else { return false }
    addScaled(length, combined.x, to: &x)
    addScaled(length, combined.z, to: &z)
    addScaled(length, combined.s, to: &s)
    τ += length * combined.τ
    κ += length * combined.κ
    guard (x + z + s).allSatisfy(\.isFinite), τ > 0, κ > 0 else { return false }
    return true
  }

  /// Whether the iterate, in the program's own units, is an optimum or a certificate; and how far from an optimum it is.
  private func judge() -> (SolverStatus?, error: Double) {
    let point = form.point(x.map { $0 / τ })
    let (y, w) = form.multipliers(z.map { $0 / τ }, cost: form.costScale)
    let (absolute, relative) = (settings.absoluteTolerance, settings.relativeTolerance)

    let primal = program.violation(point)
    let primalSize = max(infinityNorm(program.constraints * point), infinityNorm(point))
    let dual = program.stationarity(point, multipliers: y, boundMultipliers: w)
    let px = program.quadratic * point
    let aty = program.constraints.applied(to: y, .transposed)
    let dualSize = max(infinityNorm(px), infinityNorm(aty), infinityNorm(program.linear), infinityNorm(w))
    let objective = program.objective(point)
    let bound = program.dualObjective(point, y, w)
    let gapSize = min(objective.magnitude, bound.magnitude)
    let errors = [
      primal / (absolute + relative * primalSize), dual / (absolute + relative * dualSize),
      (objective - bound).magnitude / (absolute + relative * gapSize),
    ]
    let error = errors.max() ?? 0
    if error <= 1 { return (.optimal, error) }

    // Certificates are scaled so that the sum they contradict is −1: then no feasible point is shorter than 1/ε, or the objective
    // falls below any value a direction that long can reach.
    let ε = settings.infeasibilityTolerance
    let (cy, cw) = form.multipliers(z, cost: 1)
    let support =
      QuadraticProgram.support(cy, program.lower, program.upper)
      + QuadraticProgram.support(cw, program.variableLower, program.variableUpper)
    if support < 0 {
      var balance = program.constraints.applied(to: cy, .transposed)
      addScaled(1, cw, to: &balance)
      if infinityNorm(balance) <= ε * -support { return (.primalInfeasible, error) }
    }
    let d = form.point(x)
    let slope = dot(program.linear, d)
    if slope < 0, infinityNorm(program.quadratic * d) <= ε * -slope, recession(d) <= ε * -slope { return (.dualInfeasible, error) }
    return (nil, error)
  }

  /// How fast the direction d runs into a bound.
  private func recession(_ d: [Double]) -> Double {
    let ad = program.constraints * d
    var worst = 0.0
    for i in ad.indices {
      if program.upper[i].isFinite { worst = max(worst, ad[i]) }
      if program.lower[i].isFinite { worst = max(worst, -ad[i]) }
    }
    for j in d.indices {
      if program.variableUpper[j].isFinite { worst = max(worst, d[j]) }
      if program.variableLower[j].isFinite { worst = max(worst, -d[j]) }
    }
    return worst
  }
}
