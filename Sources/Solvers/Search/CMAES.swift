import Foundation
import LinearAlgebra
import Statistics

/// Minimisation of a function known only by its values, by evolution of a multivariate normal distribution (CMA-ES: Hansen, "The CMA
/// Evolution Strategy: A Tutorial", 2016; letters and default parameters from there).
///
/// Ask for candidates, judge them anywhere in any order, tell their values:
///
/// ```swift
/// var search = CMAES(start: offsets, step: 10, settings: .init(seed: 1))
/// while !search.isFinished {
///   let candidates = search.ask()
///   search.tell(candidates.map(delay))
/// }
/// search.best   // (point, value)
/// ```
///
/// The same seed proposes the same candidates. NaN and +∞ values rank last.
public struct CMAES: Sendable {
  /// What to ask of the search.
  public struct Settings: Equatable, Sendable {
    /// Candidates a generation; 4 + 3·ln n if nil.
    public var population: Int?
    /// Evaluations at most.
    public var maximumEvaluations = 10_000
    /// Stop when the distribution is narrower than this everywhere, in the unknowns' unit.
    public var tolerance = 1e-9
    /// Stop when the best values of the last generations, and the last generation, differ by less than this.
    public var valueTolerance = 1e-12
    public var seed: UInt64 = 0
    /// Bounds of the unknowns: candidates outside are folded back like light from a mirror.
    public var lower: [Double]?
    public var upper: [Double]?

    public init(seed: UInt64 = 0) { self.seed = seed }
  }

  /// Why the search has ended.
  public enum Ending: String, Sendable {
    case evaluationLimit, narrow, flat, illConditioned
  }

  public let settings: Settings
  /// The centre of the distribution.
  public private(set) var mean: [Double]
  /// The overall step size σ.
  public private(set) var step: Double
  /// The best candidate told so far and its value.
  public private(set) var best: (point: [Double], value: Double)
  /// Candidates told.
  public private(set) var evaluations = 0
  /// Generations told.
  public private(set) var generation = 0
  /// Set once there is no more to do.
  public private(set) var ending: Ending?

  private let λ: Int
  private let weights: [Double]
  private let μeff, cσ, dσ, cc, c1, cμ, χ: Double
  private var pσ, pc: [Double]
  private var covariance: Matrix
  private var eigen: SymmetricEigenScaled
  private var steps: [[Double]] = []
  private var asked: [[Double]] = []
  private var stream: RandomStream
  private var history: [Double] = []

  private struct SymmetricEigenScaled {
    var vectors: Matrix
    var scales: [Double]
    var generation: Int
  }

  /// - Parameters:
  ///   - start: the first centre.
  ///   - step: the first standard deviation of every unknown; a third of the range in which the answer is expected.
  public init(start: [Double], step: Double, settings: Settings = Settings()) {
    let n = start.count
    precondition(n > 0 && step > 0, "\(n) unknowns, step \(step)")
    precondition(settings.lower.map { $0.count == n } ?? true, "lower bounds for \(n) unknowns")
    precondition(settings.upper.map { $0.count == n } ?? true, "upper bounds for \(n) unknowns")
    self.settings = settings
    mean = start
    self.step = step
    best = (start, .infinity)
    let N = Double(n)
    let λ = max(4, settings.population ?? 4 + Int(3 * log(N)))
    self.λ = λ
    let μ = λ / 2
    let raw = (1...λ).map { log(Double(λ + 1) / 2) - log(Double($0)) }
    let positive = raw[0..<μ].reduce(0, +)
    let μeff = positive * positive / raw[0..<μ].reduce(0) { $0 + $1 * $1 }
    let negativeSum = raw[μ...].reduce(0, +)
    let μeffNegative = negativeSum * negativeSum / raw[μ...].reduce(0) { $0 + $1 * $1 }
    let c1 = 2 / ((N + 1.3) * (N + 1.3) + μeff)
    let cμ = min(1 - c1, 2 * (0.25 + μeff + 1 / μeff - 2) / ((N + 2) * (N + 2) + μeff))
    let αμ = 1 + c1 / cμ
    let αeff = 1 + 2 * μeffNegative / (μeff + 2)
    let αdef = (1 - c1 - cμ) / (N * cμ)
    let negative = min(αμ, αeff, αdef) / -negativeSum
    weights = raw.enumerated().map { $0 < μ ? $1 / positive : $1 * negative }
    self.μeff = μeff
    cσ = (μeff + 2) / (N + μeff + 5)
    dσ = 1 + 2 * max(0, ((μeff - 1) / (N + 1)).squareRoot() - 1) + (μeff + 2) / (N + μeff + 5)
    cc = (4 + μeff / N) / (N + 4 + 2 * μeff / N)
    self.c1 = c1
    self.cμ = cμ
    χ = N.squareRoot() * (1 - 1 / (4 * N) + 1 / (21 * N * N))
    pσ = [Double](repeating: 0, count: n)
    pc = pσ
    covariance = .identity(n)
    eigen = SymmetricEigenScaled(vectors: .identity(n), scales: [Double](repeating: 1, count: n), generation: 0)
    stream = RandomStream(seed: settings.seed, stream: 0x434D_4145)
  }

  /// Whether `ask` has nothing more to offer.
  public var isFinished: Bool { ending != nil }

  /// The candidates of this generation, inside the bounds. Asking twice without telling gives the same ones.
  public mutating func ask() -> [[Double]] {
    if !asked.isEmpty { return asked }
    let n = mean.count
    steps = (0..<λ).map { _ in
      let z = (0..<n).map { eigen.scales[$0] * stream.normal() }
      return eigen.vectors * z
    }
    asked = steps.map { y in (0..<n).map { folded(mean[$0] + step * y[$0], $0) } }
    return asked
  }

  /// Takes in the values of the candidates last asked for, in their order.
  public mutating func tell(_ values: [Double]) {
    precondition(!asked.isEmpty && values.count == asked.count, "\(values.count) values for \(asked.count) candidates")
    let n = mean.count
    let N = Double(n)
    let ranked = values.map { $0.isNaN ? .infinity : $0 }
    let order = (0..<λ).sorted { (ranked[$0], $0) < (ranked[$1], $1) }
    evaluations += λ
    generation += 1
    if ranked[order[0]] < best.value { best = (asked[order[0]], ranked[order[0]]) }
    asked = []

    var mover = [Double](repeating: 0, count: n)
    for k in 0..<λ / 2 { addScaled(weights[k], steps[order[k]], to: &mover) }
    addScaled(step, mover, to: &mean)
    for j in 0..<n { mean[j] = folded(mean[j], j) }

    /// C^(−1/2)·y
    func whitened(_ y: [Double]) -> [Double] {
      let c = eigen.vectors.applied(to: y, .transposed)
      return eigen.vectors * zip(c, eigen.scales).map { $0 / $1 }
    }
    let push = (cσ * (2 - cσ) * μeff).squareRoot()
    let white = whitened(mover)
    for j in 0..<n { pσ[j] = (1 - cσ) * pσ[j] + push * white[j] }
    let length = euclideanNorm(pσ)
    let steady = length / (1 - pow(1 - cσ, 2 * Double(generation))).squareRoot() < (1.4 + 2 / (N + 1)) * χ
    let pushC = steady ? (cc * (2 - cc) * μeff).squareRoot() : 0
    for j in 0..<n { pc[j] = (1 - cc) * pc[j] + pushC * mover[j] }

    let effective = weights.enumerated().map { k, w -> Double in
      guard w < 0 else { return w }
      let size = euclideanNorm(whitened(steps[order[k]]))
      return w * N / max(size * size, 1e-300)
    }
    let keep = 1 + c1 * (steady ? 0 : cc * (2 - cc)) - c1 - cμ * weights.reduce(0, +)
    for j in 0..<n {
      for i in 0...j {
        var value = keep * covariance[i, j] + c1 * pc[i] * pc[j]
        for k in 0..<λ { value += cμ * effective[k] * steps[order[k]][i] * steps[order[k]][j] }
        covariance[i, j] = value
        covariance[j, i] = value
      }
    }
    step *= exp(min(1, cσ / dσ * (length / χ - 1)))

    // The axes are renewed only as often as they change noticeably: O(n²) a generation on average.
    if Double(generation - eigen.generation) > 1 / ((c1 + cμ) * N * 10) { renewAxes() }
    history.append(ranked[order[0]])
    judge(spread: ranked[order[λ - 1]] - ranked[order[0]])
  }

  private mutating func renewAxes() {
    guard let found = try? SymmetricEigen(covariance), let smallest = found.values.first, let largest = found.values.last,
      smallest > 0, largest < 1e14 * smallest
    else {
      ending = .illConditioned
      return
    }
    eigen = SymmetricEigenScaled(vectors: found.vectors, scales: found.values.map { $0.squareRoot() }, generation: generation)
  }

  private mutating func judge(spread: Double) {
    guard ending == nil else { return }
    let width = step * max(eigen.scales.max() ?? 1, infinityNorm(pc))
    let window = 10 + Int((30 * Double(mean.count) / Double(λ)).rounded(.up))
    let recent = history.suffix(window)
    if evaluations + λ > settings.maximumEvaluations {
      ending = .evaluationLimit
    } else if width < settings.tolerance {
      ending = .narrow
    } else if recent.count == window, spread.isFinite, max(spread, recent.max()! - recent.min()!) < settings.valueTolerance {
      ending = .flat
    }
  }

  /// x reflected at the bounds of unknown j until it lies between them.
  private func folded(_ x: Double, _ j: Int) -> Double {
    let low = settings.lower?[j] ?? -.infinity
    let high = settings.upper?[j] ?? .infinity
    if x >= low && x <= high { return x }
    if low == high { return low }
    guard low.isFinite && high.isFinite else { return x < low ? 2 * low - x : 2 * high - x }
    let width = high - low
    var t = (x - low).truncatingRemainder(dividingBy: 2 * width)
    if t < 0 { t += 2 * width }
    return min(max(low + (t <= width ? t : 2 * width - t), low), high)
  }
}

extension CMAES {
  /// Runs the search to its end on one thread.
  ///
  /// - Returns: the best point and value found, and how the search ended.
  public static func minimize(
    start: [Double], step: Double, settings: Settings = Settings(), _ value: ([Double]) -> Double
  ) -> (point: [Double], value: Double, evaluations: Int, ending: Ending) {
    var search = CMAES(start: start, step: step, settings: settings)
    while !search.isFinished { search.tell(search.ask().map(value)) }
    return (search.best.point, search.best.value, search.evaluations, search.ending!)
  }
}
