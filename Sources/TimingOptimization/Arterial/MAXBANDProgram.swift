import IntegerPrograms

/// MAXBAND: one band of constant width through all signals in each direction, as wide as can be (Little, Operations Research 14,
/// 1966; Little, Kelson & Gartner, Transportation Research Record 795, 1981).
public struct MAXBANDProgram: Equatable, Sendable {
  /// How the two directions share.
  public enum Balance: Equatable, Sendable {
    /// Maximise b + k·b̄, whatever the widths.
    case weighted(inbound: Double)
    /// Maximise b + k·b̄ with the band of the favoured direction at least k or 1/k times the other: (1 − k)·b̄ ≥ (1 − k)·k·b.
    /// k is the ratio of inbound to outbound volume.
    case ratio(inbound: Double)
    /// b = b̄.
    case equal
  }

  public var problem: ArterialProblem
  public var balance: Balance

  public init(_ problem: ArterialProblem, balance: Balance = .ratio(inbound: 1)) {
    self.problem = problem
    self.balance = balance
  }

  /// The program as the solver is given it.
  public var mixedIntegerProgram: MixedIntegerProgram { built().model.program }

  /// Solves the program. Precondition: the problem passes its check.
  public func solve(_ settings: MixedIntegerSettings = MixedIntegerSettings()) -> ArterialSolution {
    let (model, b, bBack) = built()
    return model.solve(settings) { point in
      // w and w̄ reach to the edges: the outbound line is the band's front, the inbound line its tail.
      let n = problem.links.count
      return (
        [ArterialTiming.Band](repeating: .init(before: 0, after: point[b]), count: n),
        [ArterialTiming.Band](repeating: .init(before: point[bBack], after: 0), count: n)
      )
    }
  }

  private func built() -> (model: ProgressionModel, b: MixedIntegerProgram.Variable, bBack: MixedIntegerProgram.Variable) {
    var model = ProgressionModel(problem)
    let b = model.program.addVariable("b", 0...1)
    let bBack = model.program.addVariable("b̄", 0...1)
    for (i, signal) in problem.signals.enumerated() {
      let name = "signal \(signal.name): the band fits the green"
      model.program.require(name, model.w[i] + b - model.green(i, .outbound), atMost: 0)
      model.program.require(name, model.wBack[i] + bBack - model.green(i, .inbound), atMost: 0)
    }
    switch balance {
    case .weighted(let k):
      model.program.objective = b.expression + k * bBack
    case .ratio(let k):
      model.program.objective = b.expression + k * bBack
      if k != 1 { model.program.require("ratio of the bands", (1 - k) * bBack - ((1 - k) * k) * b, atLeast: 0) }
    case .equal:
      model.program.objective = b + bBack
      model.program.require("equal bands", b.expression - bBack.expression, equals: 0)
    }
    return (model, b, bBack)
  }
}
