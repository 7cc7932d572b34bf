import CCbc
import Foundation

/// One program inside CBC, from its building to its answers. Freed with the object.
final class CbcModel {
  enum Status { case optimal, feasible, limitReached, infeasible, unbounded, abandoned }

  private let model: UnsafeMutableRawPointer
  private let maximizes: Bool
  private let constant: Double

  init(_ program: MixedIntegerProgram, _ settings: MixedIntegerSettings) {
    model = Cbc_newModel()
    maximizes = program.direction == .maximize
    constant = program.objective.constant
    let (n, m) = (program.columns.count, program.constraints.count)

    // Rows summed by variable, then turned into columns.
    var byColumn = [[(row: Int32, value: Double)]](repeating: [], count: n)
    for (i, constraint) in program.constraints.enumerated() {
      for (variable, coefficient) in constraint.expression.terms {
        if let last = byColumn[variable.index].last, last.row == Int32(i) {
          byColumn[variable.index][byColumn[variable.index].count - 1].value += coefficient
        } else {
          byColumn[variable.index].append((Int32(i), coefficient))
        }
      }
    }
    var (starts, rows, values): ([Int32], [Int32], [Double]) = ([0], [], [])
    for column in byColumn {
      for entry in column where entry.value != 0 {
        rows.append(entry.row)
        values.append(entry.value)
      }
      starts.append(Int32(rows.count))
    }
    // CBC minimises well-tested; a maximum is the least of the negatives.
    var cost = [Double](repeating: 0, count: n)
    for (variable, coefficient) in program.objective.terms { cost[variable.index] += maximizes ? -coefficient : coefficient }
    Cbc_loadProblem(
      model, Int32(n), Int32(m), starts, rows, values, program.columns.map { Self.finite($0.lower) },
      program.columns.map { Self.finite($0.upper) }, cost, program.constraints.map { Self.finite($0.lower - $0.expression.constant) },
      program.constraints.map { Self.finite($0.upper - $0.expression.constant) })
    for (j, column) in program.columns.enumerated() where column.isInteger { Cbc_setInteger(model, Int32(j)) }
    Cbc_setLogLevel(model, 0)
    set("log", "0")
    set("timeMode", "elapsed")
    set("seconds", "\(settings.timeLimit)")
    set("ratioGap", "\(settings.relativeGap)")
    set("allowableGap", "\(settings.absoluteGap)")
    set("threads", "0")
    if !settings.usesCuts { set("cuts", "off") }
    if let nodes = settings.nodeLimit { set("maxNodes", "\(nodes)") }
  }

  deinit { Cbc_deleteModel(model) }

  private func set(_ name: String, _ value: String) { Cbc_setParameter(model, name, value) }

  /// COIN's infinity is the largest double.
  private static func finite(_ bound: Double) -> Double {
    min(max(bound, -Double.greatestFiniteMagnitude), Double.greatestFiniteMagnitude)
  }

  /// CBC takes SIGINT over while it runs, so that Ctrl-C ends the search; the caller's handler is put back.
  func solve() {
    var handler = sigaction()
    sigaction(SIGINT, nil, &handler)
    Cbc_solve(model)
    sigaction(SIGINT, &handler, nil)
  }

  var status: Status {
    if Cbc_isAbandoned(model) != 0 { return .abandoned }
    if Cbc_isContinuousUnbounded(model) != 0 || Cbc_secondaryStatus(model) == 7 { return .unbounded }
    if Cbc_isProvenInfeasible(model) != 0 || Cbc_secondaryStatus(model) == 1 { return .infeasible }
    if Cbc_isProvenOptimal(model) != 0 { return .optimal }
    return Cbc_numberSavedSolutions(model) > 0 ? .feasible : .limitReached
  }

  var nodes: Int { Int(Cbc_getNodeCount(model)) }

  /// The best point, whole numbers made exact.
  func point(_ columns: [MixedIntegerProgram.Column]) -> [Double] {
    guard let found = Cbc_bestSolution(model).map({ UnsafePointer($0) }) ?? Cbc_getColSolution(model) else { return [] }
    return columns.indices.map { columns[$0].isInteger ? found[$0].rounded() : min(max(found[$0], columns[$0].lower), columns[$0].upper) }
  }

  /// The proven bound in the program's own direction, never on the wrong side of a point in hand.
  func bound(_ program: MixedIntegerProgram, _ reached: Double) -> Double {
    let raw = Cbc_getBestPossibleObjValue(model)
    guard raw.magnitude < 1e49 else { return maximizes ? .infinity : -.infinity }
    let value = (maximizes ? -raw : raw) + constant
    return maximizes ? max(value, reached) : min(value, reached)
  }
}
