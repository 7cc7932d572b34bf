import CCbc
import Foundation
import Synchronization

/// CBC keeps global state (its parameter reader, a signal handler), so one solve runs at a time.
private let cbc = Mutex<Void>(())

extension MixedIntegerProgram {
  /// Solves the program with COIN-OR CBC, silently. Safe to call from any thread; concurrent calls take turns.
  public func solve(_ settings: MixedIntegerSettings = MixedIntegerSettings()) -> MixedIntegerSolution {
    let began = ContinuousClock.now
    func finished(_ status: MixedIntegerSolution.Status, _ values: [Double] = [], bound: Double, nodes: Int = 0) -> MixedIntegerSolution {
      MixedIntegerSolution(
        status: status, values: values, objective: values.isEmpty ? .nan : value(objective, at: values), bound: bound,
        violation: values.isEmpty ? .nan : violation(at: values), nodes: nodes, seconds: began.duration(to: .now) / .seconds(1))
    }
    let worst = direction == .minimize ? Double.infinity : -.infinity
    // CBC reads bounds the wrong way round as its own mistake; they are an answer.
    if columns.contains(where: { $0.lower > $0.upper }) || constraints.contains(where: { $0.lower > $0.upper }) {
      return finished(.infeasible, bound: worst)
    }
    if columns.isEmpty {
      let feasible = constraints.allSatisfy { $0.lower <= $0.expression.constant && $0.expression.constant <= $0.upper }
      return feasible ? finished(.optimal, bound: objective.constant) : finished(.infeasible, bound: worst)
    }
    let answer = cbc.withLock { _ in
      let model = CbcModel(self, settings)
      model.solve()
      let status = model.status
      switch status {
      case .optimal, .feasible:
        let values = model.point(columns)
        let reached = value(objective, at: values)
        // A linear program ends at its bound; CBC only keeps one for trees.
        let bound = columns.contains(where: \.isInteger) ? model.bound(self, reached) : reached
        let gap = MixedIntegerSolution.relativeGap(reached, bound)
        return finished(status == .optimal ? .optimal : .feasible(gap: gap), values, bound: bound, nodes: model.nodes)
      case .unbounded: return finished(.unbounded, bound: -worst, nodes: model.nodes)
      case .limitReached: return finished(.limitReached, bound: model.bound(self, -worst), nodes: model.nodes)
      case .infeasible: return finished(.infeasible, bound: worst, nodes: model.nodes)
      case .abandoned: return finished(.abandoned, bound: -worst, nodes: model.nodes)
      }
    }
    // CBC calls some unbounded programs infeasible. Where a variable could run away, ask without the objective.
    let mayRunAway = objective.terms.contains { term in
      let column = columns[term.variable.index]
      return term.coefficient != 0 && (column.lower == -.infinity || column.upper == .infinity)
    }
    if answer.status == .infeasible, mayRunAway {
      var feasibility = self
      feasibility.objective = LinearExpression()
      if feasibility.solve(settings).hasPoint { return finished(.unbounded, bound: -worst, nodes: answer.nodes) }
    }
    return answer
  }
}
