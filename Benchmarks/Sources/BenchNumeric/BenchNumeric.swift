import Foundation
import LinearAlgebra
import Solvers
import Statistics

/// The sparse numerics that estimation and timing stand on, at the size of a city: 20,000 links measured along short routes.
///
///     swift run -c release --package-path Benchmarks BenchNumeric [side of the grid]
///
/// Each line: processor seconds here and, where `python3` has SciPy, there, with the largest difference of the answers.
@main
enum BenchNumeric {
  static func main() {
    let side = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 100
    let city = City(side: side, seed: 1)
    let n = city.design.columns
    print("\(n) unknowns, \(city.design.rows) measurements, \(city.design.entryCount) entries")

    let (normal, gramSeconds) = timed {
      city.design.gram(weights: city.weights) + SparseMatrix.diagonal([Double](repeating: city.priorWeight, count: n))
    }
    let (symbolic, orderSeconds) = timed { SparseSymbolicFactorization(normal) }
    let (factor, factorSeconds) = timed { try! SparseLDLFactorization(normal, symbolic: symbolic) }
    let (x, solveSeconds) = timed { factor.solve(city.right) }
    let (variances, inverseSeconds) = timed { factor.inverseDiagonal() }
    let bounded = BoundedLeastSquares(
      design: city.design, measurements: city.measurements, weights: city.weights, prior: [Double](repeating: city.prior, count: n),
      priorWeights: [Double](repeating: city.priorWeight, count: n))
    let (nonnegative, boundedSeconds) = timed { try! bounded.solve() }
    let theirs = SciPy.generalisedLeastSquares(city)

    func line(_ name: String, _ ours: Double, _ theirs: Double?, _ difference: Double? = nil) {
      let rival = theirs.map { String(format: "%9.3f", $0) } ?? "        -"
      let gap = difference.map { String(format: "%9.1e", $0) } ?? ""
      print(name.padding(toLength: 44, withPad: " ", startingAt: 0) + String(format: "%9.3f", ours) + rival + "  " + gap)
    }
    print("                                             here [s] SciPy [s]  difference")
    line("normal equations", gramSeconds, nil)
    line("minimum degree order, \(symbolic.factorEntryCount) entries in L", orderSeconds, nil)
    line("factorisation", factorSeconds, nil)
    line("order, factor and solve", orderSeconds + factorSeconds + solveSeconds, theirs?.seconds, theirs.map { distance(x, $0.solution) })
    line("all \(n) variances (selected inverse)", inverseSeconds, nil)
    let sample = (0..<5).map { $0 * (n / 5) }
    let checked = sample.map { j -> Double in
      var e = [Double](repeating: 0, count: n)
      e[j] = 1
      return (factor.solve(e)[j] - variances[j]).magnitude
    }
    line("  five of them against columns of the inverse", 0, nil, checked.max())
    line("with x ≥ 0, \(nonnegative.report.iterations) solves", boundedSeconds, nil, nonnegative.report.dualResidual)

    quadraticProgram()
  }

  /// Green times of 200 junctions under one budget each, in one program: 800 unknowns.
  static func quadraticProgram() {
    var random = RandomStream(seed: 3)
    let (junctions, stages) = (200, 4)
    let n = junctions * stages
    var rows: [SparseMatrix.Triplet] = []
    var coupling: [SparseMatrix.Triplet] = []
    for j in 0..<n { coupling.append(.init(j, j, 2)) }
    for k in 0..<junctions {
      for s in 0..<stages { rows.append(.init(k, k * stages + s, 1)) }
      if k > 0 {
        // Neighbours pull on each other's first stage.
        let (a, b) = (k * stages, (k - 1) * stages)
        coupling += [.init(a, b, -0.5), .init(b, a, -0.5)]
      }
    }
    let program = QuadraticProgram(
      quadratic: SparseMatrix(rows: n, columns: n, triplets: coupling), linear: (0..<n).map { _ in -random.uniform(10, 60) },
      constraints: SparseMatrix(rows: junctions, columns: n, triplets: rows), lower: [Double](repeating: 80, count: junctions),
      upper: [Double](repeating: 80, count: junctions), variableLower: [Double](repeating: 7, count: n),
      variableUpper: [Double](repeating: 60, count: n))
    let (answer, seconds) = timed { program.solve() }
    print(
      String(
        format: "quadratic program of %d green times: %.3f s, %d iterations, residuals %.1e and %.1e, gap %.1e", n, seconds,
        answer.report.iterations, answer.report.primalResidual, answer.report.dualResidual, answer.report.gap))
  }

  static func timed<T>(_ work: () -> T) -> (T, Double) {
    let began = clock()
    let result = work()
    return (result, Double(clock() - began) / Double(CLOCKS_PER_SEC))
  }

  static func distance(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { max($0, ($1.0 - $1.1).magnitude) } }
}
